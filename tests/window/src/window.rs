//! A window, driven as a person would: by what is on the screen.

use std::{fs, net::TcpListener, path::PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use fantoccini::{Client, ClientBuilder, Locator, elements::Element, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    accessibility,
    patience::until,
    person::Person,
    place,
    process::{self, Running},
};

/// Calls a command of the backend in the pages' name.
const ASK: &str = "
    const [command, args, done] = arguments;
    window.__TAURI_INTERNALS__.invoke(command, args).then(
        (answer) => done({ answer }),
        (refused) => done({ refused }),
    );
";

const SETTLED: &str = "
    const moving = () => document.getAnimations().filter((one) => one.playState === 'running');
    while (moving().length > 0) {
        await Promise.allSettled(moving().map((one) => one.finished));
    }
    return true;
";

/// WebKit takes a picture when it next draws, and draws nothing while nothing moves. This moves
/// nothing that anybody can see.
const STIR: &str = "window.stirred = document.documentElement.animate(
    [{ opacity: 1 }, { opacity: 0.999 }], { duration: 100, iterations: Infinity });";
const REST: &str = "window.stirred.cancel();";

/// A person aims at what stands still: the same place at two drawings, and nothing under way.
const STANDS: &str = "
    const [css, done] = arguments;
    const place = () => {
        const { x, y, width, height } = document.querySelector(css)?.getBoundingClientRect() ?? {};
        return [x, y, width, height].join();
    };
    const before = place();
    requestAnimationFrame(() => requestAnimationFrame(() => done(
        before === place() && !document.getAnimations().some((one) => one.playState === 'running')
    )));
";

/// An open window with its driver.
pub struct Window {
    client: Client,
    app: u32,
    name: &'static str,
    profile: PathBuf,
    _driver: Running,
}

impl Window {
    pub(crate) async fn open(person: &Person<'_>) -> Result<Self> {
        let program = place::desktop()?;
        let (port, native) = (free_port()?, free_port()?);
        let driver = Running::start(person.command(&place::tauri_driver()?)?.args([
            "--port",
            &port.to_string(),
            "--native-port",
            &native.to_string(),
        ]))?;
        // No browserName: WebKit's driver takes none but its own.
        let mut wanted = Capabilities::new();
        wanted.insert(
            "tauri:options".into(),
            json!({"application": program, "args": person.arguments()}),
        );
        let address = format!("http://127.0.0.1:{port}");
        until("the driver listens", async || {
            let both = [port, native]
                .map(|port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
            Ok(both.iter().all(|&listens| listens).then_some(()))
        })
        .await?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&address)
            .await
            .with_context(|| format!("{}'s window did not open", person.name))?;
        let profile = person.profile();
        let app = process::with_argument(&program, &profile.to_string_lossy())
            .context("the window's process is gone")?;
        Ok(Self {
            client,
            app,
            name: person.name,
            profile,
            _driver: driver,
        })
    }

    /// Waits for what a test id names, as it stands on the screen.
    pub async fn see(&self, testid: &str) -> Result<Element> {
        self.see_css(&by(testid)).await
    }

    /// Waits for what a CSS selector names.
    pub async fn see_css(&self, css: &str) -> Result<Element> {
        self.look(&format!("sees {css}"), async || {
            for element in self.client.find_all(Locator::Css(css)).await? {
                if element.is_displayed().await? {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Waits for a text inside of what a test id names.
    pub async fn read(&self, testid: &str, text: &str) -> Result<()> {
        self.read_css(&by(testid), text).await
    }

    /// Waits for a text inside of what a CSS selector names.
    pub async fn read_css(&self, css: &str, text: &str) -> Result<()> {
        self.look(&format!("reads {text:?} in {css}"), async || {
            for element in self.client.find_all(Locator::Css(css)).await? {
                if element.text().await?.contains(text) {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Clicks what a test id names, once it stands still and nothing lies over it.
    pub async fn click(&self, testid: &str) -> Result<()> {
        self.click_css(&by(testid)).await
    }

    /// Clicks what a CSS selector names.
    pub async fn click_css(&self, css: &str) -> Result<()> {
        self.look(&format!("clicks {css}"), async || {
            let stands = self.client.execute_async(STANDS, vec![css.into()]).await?;
            if stands != json!(true) {
                return Ok(None);
            }
            self.client.find(Locator::Css(css)).await?.click().await?;
            Ok(Some(()))
        })
        .await
    }

    /// Waits for a condition, and keeps a picture of what was there instead.
    async fn look<T>(&self, what: &str, look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
        let seen = until(&format!("{} {what}", self.name), look).await;
        if seen.is_err() {
            self.picture(&format!("failed-{}", self.name)).await?;
        }
        seen
    }

    /// Types into what a test id names.
    pub async fn write(&self, testid: &str, text: &str) -> Result<()> {
        self.see(testid)
            .await?
            .send_keys(text)
            .await
            .with_context(|| format!("{} writes into {testid}", self.name))
    }

    /// Chooses a file, as the system's own dialog would.
    pub async fn choose_file(&self, testid: &str, file: &std::path::Path) -> Result<()> {
        let field = self.client.find(Locator::Css(&by(testid))).await?;
        field
            .send_keys(&file.to_string_lossy())
            .await
            .with_context(|| format!("{} chooses a file", self.name))
    }

    /// Calls a command of the backend in the pages' name; refusals are answers too.
    pub async fn ask(&self, command: &str, arguments: Value) -> Result<Result<Value, Value>> {
        let told = self
            .client
            .execute_async(ASK, vec![command.into(), arguments])
            .await?;
        match (told.get("answer"), told.get("refused")) {
            (_, Some(refused)) => Ok(Err(refused.clone())),
            (answer, None) => Ok(Ok(answer.cloned().unwrap_or_default())),
        }
    }

    /// Runs a script of the test, which may return something, at once or later.
    pub async fn run(&self, script: &str) -> Result<Value> {
        let body = format!(
            "const done = arguments[arguments.length - 1];
             (async () => {{ {script} }})().then((told) => done({{ told }}), (error) => done({{ error: String(error) }}));"
        );
        let mut told = self.client.execute_async(&body, vec![]).await?;
        match told.get("error") {
            Some(error) => Err(anyhow!("{error}")),
            None => Ok(told["told"].take()),
        }
    }

    /// What the window shows, as a picture that is also kept for people.
    pub async fn picture(&self, name: &str) -> Result<PathBuf> {
        self.settles().await?;
        self.client.execute(STIR, vec![]).await?;
        let picture = self.client.screenshot().await?;
        self.client.execute(REST, vec![]).await?;
        place::keep(name, &picture)
    }

    /// Waits until whatever moves has arrived.
    pub(crate) async fn settles(&self) -> Result<()> {
        self.run(SETTLED).await?;
        Ok(())
    }

    /// Makes it as large as that.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.client.set_window_size(width, height).await?;
        until(
            &format!("{}'s window is {width} wide", self.name),
            async || {
                let seen = self
                    .client
                    .execute("return window.innerWidth", vec![])
                    .await?;
                Ok((seen == json!(width)).then_some(()))
            },
        )
        .await
    }

    /// Waits until the person looks at it.
    pub async fn is_focused(&self) -> Result<()> {
        self.look("is focused", async || {
            let focused = self
                .client
                .execute("return document.hasFocus()", vec![])
                .await?;
            Ok((focused == json!(true)).then_some(()))
        })
        .await
    }

    /// Judges what the window shows.
    ///
    /// # Errors
    /// What keeps somebody from using it.
    pub async fn is_accessible(&self) -> Result<()> {
        accessibility::judge(self).await
    }

    /// Ends as a session that closes: the program is asked, and cleans up behind itself.
    pub async fn close(self) -> Result<()> {
        process::signal(self.app, Signal::TERM)?;
        self.ended().await?;
        if fs::exists(self.profile.join("rpc.sock"))? {
            bail!("{}'s window left its socket behind", self.name);
        }
        Ok(())
    }

    /// Ends as a computer whose battery is empty.
    pub async fn crash(self) -> Result<()> {
        process::signal(self.app, Signal::KILL)?;
        self.ended().await
    }

    async fn ended(&self) -> Result<()> {
        until(&format!("{}'s window ends", self.name), async || {
            Ok((!process::is_alive(self.app)).then_some(()))
        })
        .await
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if process::is_alive(self.app) {
            let _ = process::signal(self.app, Signal::KILL);
        }
    }
}

fn by(testid: &str) -> String {
    format!("[data-testid='{testid}']")
}

/// A port that nobody has, at least for a moment.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
