//! Speaking JSON-RPC with one process, and hearing its events.

use std::{
    collections::HashMap,
    fmt,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// Longest wait for an answer; a call that waits by itself has its own time besides.
const ANSWER: Duration = Duration::from_secs(90);

/// Why a call yielded nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// The program says so.
    Said {
        /// JSON-RPC's number.
        code: i64,
        /// The sentence.
        sentence: String,
    },
    /// The process is gone, so nobody knows whether it was done.
    Gone,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said { sentence, .. } => f.write_str(sentence),
            Self::Gone => f.write_str("the process is gone"),
        }
    }
}

impl std::error::Error for Refused {}

#[derive(Default)]
struct Heard {
    answers: HashMap<u64, Value>,
    events: Vec<Value>,
    is_over: bool,
}

#[derive(Default)]
struct Ear {
    heard: Mutex<Heard>,
    news: Condvar,
}

impl Ear {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One running process. Dropped, it is killed.
pub struct Client {
    child: Mutex<Child>,
    stdin: Mutex<Option<ChildStdin>>,
    calls: Mutex<u64>,
    ear: Arc<Ear>,
}

impl Client {
    /// Takes over a process whose stdin and stdout are pipes.
    pub fn new(mut child: Child) -> Self {
        let ear = Arc::new(Ear::default());
        let stdin = Mutex::new(child.stdin.take());
        if let Some(stdout) = child.stdout.take() {
            let ear = Arc::clone(&ear);
            thread::spawn(move || listen(stdout, &ear));
        }
        Self {
            child: Mutex::new(child),
            stdin,
            calls: Mutex::new(0),
            ear,
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .id()
    }

    /// Calls, and waits for the answer.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn call(&self, method: &str, params: Value) -> Result<Value, Refused> {
        let id = self.ask(method, params)?;
        self.answer(id)
    }

    /// Calls, and does not wait: [`Client::answer`] does.
    ///
    /// # Errors
    /// [`Refused::Gone`].
    pub fn ask(&self, method: &str, params: Value) -> Result<u64, Refused> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls += 1;
        let request = json!({"jsonrpc": "2.0", "id": *calls, "method": method, "params": params});
        self.write(&request.to_string())?;
        Ok(*calls)
    }

    /// Writes a line as it is.
    ///
    /// # Errors
    /// [`Refused::Gone`].
    pub fn write(&self, line: &str) -> Result<(), Refused> {
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        let stdin = stdin.as_mut().ok_or(Refused::Gone)?;
        stdin
            .write_all(format!("{line}\n").as_bytes())
            .map_err(|_| Refused::Gone)
    }

    /// The answer to this call.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn answer(&self, id: u64) -> Result<Value, Refused> {
        let end = Instant::now() + ANSWER;
        let mut heard = self.ear.heard();
        loop {
            if let Some(mut answer) = heard.answers.remove(&id) {
                if let Some(result) = answer.get_mut("result") {
                    return Ok(result.take());
                }
                let error = answer.get("error").unwrap_or(&Value::Null);
                return Err(Refused::Said {
                    code: error["code"].as_i64().unwrap_or_default(),
                    sentence: error["message"].as_str().unwrap_or_default().to_owned(),
                });
            }
            let left = end.saturating_duration_since(Instant::now());
            if heard.is_over || left.is_zero() {
                return Err(Refused::Gone);
            }
            heard = self
                .ear
                .news
                .wait_timeout(heard, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Every event so far.
    pub fn events(&self) -> Vec<Value> {
        self.ear.heard().events.clone()
    }

    /// Looks at every event, and now and then besides, until `look` yields something; `None` in the end.
    pub fn until<T>(&self, patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let end = Instant::now() + patience;
        loop {
            let known = self.ear.heard().events.len();
            if let Some(found) = look() {
                return Some(found);
            }
            let mut heard = self.ear.heard();
            while heard.events.len() == known && !heard.is_over {
                let left = end
                    .saturating_duration_since(Instant::now())
                    .min(Duration::from_millis(200));
                let (again, waited) = self
                    .ear
                    .news
                    .wait_timeout(heard, left)
                    .unwrap_or_else(PoisonError::into_inner);
                heard = again;
                if waited.timed_out() {
                    break;
                }
            }
            if Instant::now() >= end || heard.is_over {
                drop(heard);
                return look();
            }
        }
    }

    /// Whether the process has ended its output.
    pub fn is_over(&self) -> bool {
        self.ear.heard().is_over
    }

    /// SIGKILL, and waits until the process is gone.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Closes its input, and waits until it has ended by itself; its exit status.
    pub fn end(&self) -> Option<i32> {
        self.stdin
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.wait()
    }

    /// Waits until it has ended; its exit status.
    pub fn wait(&self) -> Option<i32> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.wait().ok().and_then(|status| status.code())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.kill();
    }
}

fn listen(stdout: ChildStdout, ear: &Ear) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let Ok(mut said) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        let mut heard = ear.heard();
        if said.get("method").is_some_and(|method| method == "event") {
            heard.events.push(said["params"].take());
        } else {
            // An answer to nobody is kept as 0.
            let id = said.get("id").and_then(Value::as_u64).unwrap_or_default();
            heard.answers.insert(id, said);
        }
        ear.news.notify_all();
    }
    ear.heard().is_over = true;
    ear.news.notify_all();
}
