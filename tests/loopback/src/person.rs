//! A person: a folder, a profile in it, and a process that comes and goes.

use std::{
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    Host, Lab,
    client::{Client, Refused},
    program::{self, Told},
};

/// How long anything on one machine may take before it counts as never.
const PATIENCE: Duration = Duration::from_secs(60);
/// Any port of this machine.
const ANY_PORT: &str = "/ip4/127.0.0.1/tcp/0";

/// Somebody with a profile.
pub struct Person {
    /// What their contacts see.
    pub name: String,
    /// The unlock code from the sheet.
    pub unlock_code: String,
    home: PathBuf,
    listen: Vec<String>,
    options: Vec<String>,
    logs: Option<&'static str>,
    /// What `signet rpc` is started behind.
    door: Vec<String>,
    /// It listens where it likes.
    is_anywhere: bool,
    client: Option<Client>,
}

impl Person {
    /// Makes a profile under `folder`; nothing runs yet.
    ///
    /// # Errors
    /// `signet init` failed.
    pub fn new(folder: &Path, name: &str) -> Result<Self> {
        let home = folder.join(name.to_lowercase());
        Self::at(&home, name)
    }

    /// The same in exactly this folder.
    ///
    /// # Errors
    /// `signet init` failed.
    pub fn at(home: &Path, name: &str) -> Result<Self> {
        fs::create_dir_all(home.join("tmp"))?;
        let arguments = ["--json", "init", "--name", name, "--no-passphrase"];
        let told = program::command(home, &arguments, None, "")?;
        ensure!(told.status == Some(0), "no profile for {name}: {told:?}");
        let made: Value = serde_json::from_str(&told.out)?;
        Ok(Self {
            name: name.to_owned(),
            unlock_code: made["unlock_code"].as_str().unwrap_or_default().to_owned(),
            home: home.to_owned(),
            listen: Vec::new(),
            options: Vec::new(),
            logs: None,
            door: Vec::new(),
            is_anywhere: false,
            client: None,
        })
    }

    /// Everything that is this person's.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The profile.
    #[must_use]
    pub fn profile(&self) -> PathBuf {
        self.home.join("profile")
    }

    /// Further options of `signet rpc`, from the next start on.
    #[must_use]
    pub fn with(mut self, options: &[&str]) -> Self {
        self.options = options.iter().map(|&option| option.to_owned()).collect();
        self
    }

    /// Writes logs of this level, from the next start on.
    #[must_use]
    pub fn logging(mut self, level: &'static str) -> Self {
        self.logs = Some(level);
        self
    }

    /// In a network of its own, from the next start on.
    #[must_use]
    pub fn inside(mut self, lab: &Lab) -> Self {
        self.door = lab.door();
        self
    }

    /// On a host of an internet, where it listens as anybody's does, from the next start on.
    #[must_use]
    pub fn on(mut self, host: &Host) -> Self {
        self.door = host.door();
        self.is_anywhere = true;
        self
    }

    /// The TCP ports at which the person listened at the last start.
    #[must_use]
    pub fn ports(&self) -> Vec<u16> {
        let parts = self.listen.iter().map(|address| address.split('/'));
        let port = parts.filter_map(|mut parts| parts.nth(4)?.parse().ok());
        port.collect()
    }

    /// Starts `signet rpc` where it listened the last time.
    ///
    /// # Errors
    /// It does not answer.
    pub fn start(&mut self) -> Result<()> {
        let mut program = program::behind(&self.door, program::program()?);
        program::surroundings(&mut program, &self.home);
        self.start_by(program)
    }

    /// Starts `signet rpc` on another port.
    ///
    /// # Errors
    /// It does not answer.
    pub fn start_elsewhere(&mut self) -> Result<()> {
        self.listen.clear();
        self.start()
    }

    /// Starts `signet rpc` by `sh`, behind what `first` says to the shell.
    ///
    /// # Errors
    /// It does not answer.
    pub fn start_under(&mut self, first: &str) -> Result<()> {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("{first}; exec \"$0\" \"$@\""))
            .arg(program::program()?);
        program::surroundings(&mut shell, &self.home);
        self.start_by(shell)
    }

    fn start_by(&mut self, mut command: Command) -> Result<()> {
        let any = [ANY_PORT.to_owned()];
        let listen = match self.listen.is_empty() {
            _ if self.is_anywhere => &[],
            true => &any[..],
            false => &self.listen,
        };
        command.arg("rpc").args(&self.options);
        for address in listen {
            command.args(["--listen", address]);
        }
        if let Some(level) = self.logs {
            command.env("RUST_LOG", level);
        }
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.home.join("log"))?;
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("signet cannot be started")?;
        let client = Client::new(child);
        let me = client.call("whoami", json!({})).with_context(|| {
            let log = fs::read_to_string(self.home.join("log")).unwrap_or_default();
            format!("{} did not start: {log}", self.name)
        })?;
        let address = |address: &Value| {
            let text = address.as_str().unwrap_or_default();
            text.split("/p2p/").next().unwrap_or_default().to_owned()
        };
        self.listen = me["listen"]
            .as_array()
            .into_iter()
            .flatten()
            .map(address)
            .collect();
        self.client = Some(client);
        Ok(())
    }

    /// The running process.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test says so by panicking")]
    pub fn client(&self) -> &Client {
        self.client.as_ref().expect("the person is online")
    }

    /// Whether a process runs and speaks.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.client.as_ref().is_some_and(|client| !client.is_over())
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.client = None;
    }

    /// Ends the process as its owner would; its exit status.
    pub fn stop(&mut self) -> Option<i32> {
        self.client.take().and_then(|client| client.end())
    }

    /// One rpc call.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn call(&self, method: &str, params: Value) -> Result<Value, Refused> {
        self.client().call(method, params)
    }

    /// One command, typed with this profile.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn types(&self, arguments: &[impl AsRef<OsStr>]) -> Result<Told> {
        program::command(&self.home, arguments, None, "")
    }

    /// The same with a passphrase, and with something on stdin.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn types_with(
        &self,
        arguments: &[impl AsRef<OsStr>],
        passphrase: Option<&str>,
        input: &str,
    ) -> Result<Told> {
        program::command(&self.home, arguments, passphrase, input)
    }

    /// A link that one person may answer.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn invites(&self) -> Result<String, Refused> {
        let made = self.call("invite", json!({}))?;
        Ok(made["url"].as_str().unwrap_or_default().to_owned())
    }

    /// Answers a link; the contact's id.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn accepts(&self, link: &str) -> Result<String, Refused> {
        let made = self.call("accept", json!({"invitation": link}))?;
        Ok(made["contact"].as_str().unwrap_or_default().to_owned())
    }

    /// The contact as it stands.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn contact(&self, contact: &str) -> Result<Value, Refused> {
        self.call("contact", json!({"contact": contact}))
    }

    /// Writes; the message's id.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn writes(&self, contact: &str, text: &str) -> Result<String, Refused> {
        let sent = self.call("send", json!({"contact": contact, "text": text}))?;
        Ok(sent["id"].as_str().unwrap_or_default().to_owned())
    }

    /// The whole conversation, oldest first.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn history(&self, contact: &str) -> Result<Vec<Value>, Refused> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let before = all.first().and_then(|entry| entry["seq"].as_u64());
            let mut params = json!({"contact": contact, "limit": 500});
            if let Some(before) = before {
                params["before"] = before.into();
            }
            let Value::Array(mut page) = self.call("history", params)? else {
                return Ok(all);
            };
            if page.is_empty() {
                return Ok(all);
            }
            page.append(&mut all);
            all = page;
        }
    }

    /// The texts that came from this contact, in the order of the conversation.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn received(&self, contact: &str) -> Result<Vec<String>, Refused> {
        Ok(in_history(&self.history(contact)?, "in", "text"))
    }

    /// The states of the own messages, in the order of the conversation.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn states(&self, contact: &str) -> Result<Vec<String>, Refused> {
        Ok(in_history(&self.history(contact)?, "out", "state"))
    }

    /// Waits until `look` yields something.
    ///
    /// # Errors
    /// It never did; `what` says what was waited for.
    pub fn until<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> Result<T> {
        self.until_for(PATIENCE, what, look)
    }

    /// The same with a patience of one's own.
    ///
    /// # Errors
    /// It never did.
    pub fn until_for<T>(
        &self,
        patience: Duration,
        what: &str,
        look: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        self.client().until(patience, look).with_context(|| {
            let events = self.client().events();
            let last: Vec<String> = events
                .iter()
                .rev()
                .take(12)
                .rev()
                .map(Value::to_string)
                .collect();
            format!(
                "{} waited in vain: {what}; the last events were\n{}",
                self.name,
                last.join("\n")
            )
        })
    }

    /// Waits until the contact's state is this.
    ///
    /// # Errors
    /// It never was.
    pub fn until_state(&self, contact: &str, state: &str) -> Result<Value> {
        self.until(&format!("the contact is {state}"), || {
            self.contact(contact)
                .ok()
                .filter(|found| found["state"] == state)
        })
    }

    /// Waits until this own message has come so far.
    ///
    /// # Errors
    /// It never did.
    pub fn until_message(&self, contact: &str, id: &str, state: &str) -> Result<Value> {
        self.until(&format!("the message is {state}"), || {
            let history = self.history(contact).ok()?;
            history
                .into_iter()
                .find(|entry| entry["id"] == id && entry["state"] == state)
        })
    }

    /// Waits until it is known which way this own message went. The acknowledgement may have
    /// overtaken the hop's answer, so that can be a moment after the message is delivered.
    ///
    /// # Errors
    /// It never was.
    pub fn until_way(&self, contact: &str, id: &str) -> Result<String> {
        self.until("the way of the message is known", || {
            let history = self.history(contact).ok()?;
            let found = history.into_iter().find(|entry| entry["id"] == id)?;
            found["route"].as_str().map(str::to_owned)
        })
    }

    /// Waits until exactly these texts have come.
    ///
    /// # Errors
    /// They never did.
    pub fn until_received(&self, contact: &str, texts: &[&str]) -> Result<()> {
        self.until(&format!("{texts:?} have come"), || {
            self.received(contact).ok().filter(|have| have == texts)
        })
        .map(drop)
    }

    /// The only contact there is, once there is one.
    ///
    /// # Errors
    /// There never was.
    pub fn only_contact(&self) -> Result<String> {
        self.until("somebody is there", || {
            let contacts = self.call("contacts", json!({})).ok()?;
            let [only] = &contacts.as_array()?[..] else {
                return None;
            };
            Some(only["contact"].as_str()?.to_owned())
        })
    }
}

/// One member of every entry of this direction.
#[must_use]
pub fn in_history(history: &[Value], direction: &str, member: &str) -> Vec<String> {
    let messages = history
        .iter()
        .filter(|entry| entry["kind"] == "message" && entry["direction"] == direction);
    messages
        .map(|entry| entry[member].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Two people online who have met: what each calls the other.
///
/// # Errors
/// They did not meet.
pub fn acquainted(alice: &Person, bob: &Person) -> Result<(String, String)> {
    let known = alice
        .call("contacts", json!({}))?
        .as_array()
        .map_or(0, Vec::len);
    let alice_to_bob = bob.accepts(&alice.invites()?)?;
    let bob_here = alice.until("somebody answered", || {
        let contacts = alice.call("contacts", json!({})).ok()?;
        let contacts = contacts.as_array()?;
        let newest = contacts
            .iter()
            .max_by_key(|contact| contact["created"].as_u64())?;
        (contacts.len() > known).then(|| newest["contact"].as_str().unwrap_or_default().to_owned())
    })?;
    alice.until_state(&bob_here, "connected")?;
    bob.until_state(&alice_to_bob, "connected")?;
    Ok((bob_here, alice_to_bob))
}
