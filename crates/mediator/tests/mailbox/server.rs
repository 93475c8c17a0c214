//! A PostgreSQL of our own: one server for the process, with a fresh database for each test.
//!
//! It is the package of the distribution, listens on a socket in a temporary folder only, and ends
//! with this process, however that ends.

use std::{
    fs::{self, File},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use rustix::process::{Pid, Signal, getgid, getuid, kill_process};
use signet_mediator::Postgres;
use signet_protocol::mediator::Quota;
use tempfile::TempDir;
use tokio::sync::mpsc::unbounded_channel;
use tokio_postgres::{Client, NoTls};

use crate::{disk::Disk, stage::Stage};

/// Where distributions put each version's programs, which are not on the path.
const VERSIONS: &str = "/usr/lib/postgresql";
/// It refuses to run as root; then it is run as this user, who comes with the package.
const USER: &str = "postgres";
/// How long it may take to start or stop.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    programs: PathBuf,
    folder: TempDir,
    /// Whose the folder is: the user and the group.
    owner: (u32, u32),
    process: Mutex<Option<Child>>,
    databases: AtomicU32,
}

impl Server {
    /// Starts a server, or says why there is none.
    pub async fn start() -> Result<Self, String> {
        let programs = newest().ok_or(format!("no PostgreSQL in {VERSIONS}"))?;
        let folder = tempfile::Builder::new()
            .prefix("signet-pg-")
            .tempdir_in("/tmp")
            .map_err(|error| error.to_string())?;
        let owner = owner()?;
        chown(folder.path(), Some(owner.0), Some(owner.1)).unwrap();
        let server = Self {
            programs,
            folder,
            owner,
            process: Mutex::default(),
            databases: AtomicU32::new(0),
        };
        let made = server
            .command("initdb")
            .arg("-D")
            .arg(server.data())
            .args(["-U", "signet", "-A", "trust", "-E", "UTF8", "--no-sync"])
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        server.resume().await;
        Ok(server)
    }

    /// Starts it again after [`Self::stop`].
    pub async fn resume(&self) {
        let log = File::create(self.folder.path().join("log")).unwrap();
        let child = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-c", "listen_addresses="])
            // Who got in each other's way on purpose need not wait for long.
            .args(["-c", "deadlock_timeout=20ms"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        *self.process.lock().unwrap() = Some(child);
        let ready = async {
            while self.connect("postgres").await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, ready).await.is_err() {
            let log = fs::read_to_string(self.folder.path().join("log"));
            panic!("PostgreSQL did not start: {log:?}");
        }
    }

    /// Stops it as a crash would: nobody is asked to finish.
    pub fn stop(&self) {
        if let Some(mut child) = self.process.lock().unwrap().take() {
            let _ = kill_process(Pid::from_child(&child), Signal::QUIT);
            let _ = child.wait();
        }
    }

    /// An empty database.
    pub async fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let client = self.connect("postgres").await.unwrap();
        client
            .batch_execute(&format!("create database {name}"))
            .await
            .unwrap();
        name
    }

    /// An empty database on a small disk of its own, if one can be mounted here.
    pub async fn small_database(&self, megabytes: u32) -> Option<(String, Disk)> {
        let folder = self.folder.path().join("disk");
        fs::create_dir(&folder).unwrap();
        let disk = Disk::mount(&folder, megabytes, self.owner)?;
        let client = self.connect("postgres").await.unwrap();
        for statement in [
            &format!("create tablespace small location '{}'", folder.display()),
            "create database small tablespace small",
        ] {
            client.batch_execute(statement).await.unwrap();
        }
        Some(("small".to_owned(), disk))
    }

    pub async fn drop_database(&self, name: &str) {
        let client = self.connect("postgres").await.unwrap();
        client
            .batch_execute(&format!("drop database {name} with (force)"))
            .await
            .unwrap();
    }

    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display();
        format!("host={folder} user=signet dbname={database}")
    }

    pub async fn connect(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url(database), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program that gets the signal to stop at once if this process dies first, and that is not
    /// root.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.current_dir(self.folder.path());
        command.args(["--pdeathsig", "QUIT"]);
        if getuid().is_root() {
            command.args(["--reuid", USER, "--regid", USER, "--init-groups"]);
        }
        command.arg(self.programs.join(program));
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// As whom the server runs.
fn owner() -> Result<(u32, u32), String> {
    if !getuid().is_root() {
        return Ok((getuid().as_raw(), getgid().as_raw()));
    }
    let id = |flag| -> Result<u32, String> {
        let output = Command::new("id").args([flag, USER]).output();
        let output = output.map_err(|error| error.to_string())?;
        let id = String::from_utf8_lossy(&output.stdout).trim().parse();
        id.map_err(|_| format!("no user {USER}, and this is root"))
    };
    Ok((id("-u")?, id("-g")?))
}

/// The programs of the newest version that is installed.
fn newest() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).ok()?;
    let versions = versions.filter_map(|entry| {
        let path = entry.ok()?.path();
        let version: u32 = path.file_name()?.to_str()?.parse().ok()?;
        Some((version, path.join("bin")))
    });
    let complete = versions.filter(|(_, bin)| is_there(bin));
    complete.max().map(|(_, bin)| bin)
}

fn is_there(bin: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|program| bin.join(program).exists())
}

/// A database on the server.
pub struct Database {
    url: String,
}

impl Database {
    pub fn new(url: String) -> Self {
        Self { url }
    }
}

impl Stage for Database {
    type Mailbox = Postgres;

    async fn open(&self, quota: Quota) -> Postgres {
        let (woken, _) = unbounded_channel();
        Postgres::open(&self.url, quota, woken).await.unwrap()
    }
}
