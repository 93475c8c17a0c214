//! The server: made in a temporary folder, started, stopped as by a crash, started again.

use std::{
    fs::{self, File},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, getgid, getuid, kill_process};
use tempfile::TempDir;

use crate::Disk;

/// Where distributions put each version's programs, which are not on the path.
const VERSIONS: &str = "/usr/lib/postgresql";
/// It refuses to run as root; then it is run as this user, who comes with the package.
const USER: &str = "postgres";
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server; it stops with this value.
pub struct Server {
    programs: PathBuf,
    folder: TempDir,
    /// Whose the folder is: the user and the group.
    owner: (u32, u32),
    process: Mutex<Option<Child>>,
    databases: AtomicU32,
}

impl Server {
    /// Starts one below `folder`, or says why there is none.
    ///
    /// # Errors
    /// The package is missing, or it does not start.
    pub fn start(folder: &Path) -> Result<Self> {
        let programs = newest().with_context(|| format!("no PostgreSQL in {VERSIONS}"))?;
        let folder = tempfile::Builder::new()
            .prefix("signet-pg-")
            .tempdir_in(folder)?;
        let owner = owner()?;
        chown(folder.path(), Some(owner.0), Some(owner.1))?;
        let server = Self {
            programs,
            folder,
            owner,
            process: Mutex::default(),
            databases: AtomicU32::new(0),
        };
        let mut initdb = server.command("initdb");
        initdb.arg("-D").arg(server.data());
        initdb.args(["-U", "signet", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        succeeded(&initdb.output()?)?;
        server.resume()?;
        Ok(server)
    }

    /// Starts it again after [`Self::stop`].
    ///
    /// # Errors
    /// It does not start.
    pub fn resume(&self) -> Result<()> {
        let log = File::create(self.log())?;
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
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let begun = Instant::now();
        loop {
            let mut ready = self.command("pg_isready");
            ready.arg("-h").arg(self.folder.path()).args(["-q"]);
            if ready.status()?.success() {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.log()).unwrap_or_default();
                bail!("PostgreSQL did not start: {log}");
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Stops it as a crash would: nobody is asked to finish.
    pub fn stop(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = process.take() {
            // One that already ended is what we want.
            let _ = kill_process(Pid::from_child(&child), Signal::QUIT);
            let _ = child.wait();
        }
    }

    /// An empty database.
    ///
    /// # Errors
    /// The server refuses.
    pub fn database(&self) -> Result<String> {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("create database {name}"))?;
        Ok(name)
    }

    /// An empty database on a small disk of its own; `None` if no disk can be mounted here.
    ///
    /// # Errors
    /// The server refuses.
    pub fn small_database(&self, megabytes: u32) -> Result<Option<(String, Disk)>> {
        let folder = self.folder.path().join("disk");
        fs::create_dir(&folder)?;
        let Some(disk) = Disk::mount(&folder, megabytes, self.owner) else {
            return Ok(None);
        };
        let space = format!("create tablespace small location '{}'", folder.display());
        self.execute("postgres", &space)?;
        self.execute("postgres", "create database small tablespace small")?;
        Ok(Some(("small".to_owned(), disk)))
    }

    /// Drops a database, whoever uses it.
    ///
    /// # Errors
    /// The server refuses.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        self.execute("postgres", &format!("drop database {name} with (force)"))?;
        Ok(())
    }

    /// Executes a statement; what it prints, without heads.
    ///
    /// # Errors
    /// The server refuses.
    pub fn execute(&self, database: &str, statement: &str) -> Result<String> {
        let mut psql = self.command("psql");
        psql.args([
            "-X",
            "-A",
            "-t",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statement,
        ]);
        psql.arg(self.url(database));
        let output = psql.output()?;
        succeeded(&output)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// How a database is connected to.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display();
        format!("host={folder} user=signet dbname={database}")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
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

fn succeeded(output: &Output) -> Result<()> {
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "PostgreSQL: {}", said.trim());
    Ok(())
}

/// As whom the server runs.
fn owner() -> Result<(u32, u32)> {
    if !getuid().is_root() {
        return Ok((getuid().as_raw(), getgid().as_raw()));
    }
    let id = |flag| -> Result<u32> {
        let output = Command::new("id").args([flag, USER]).output()?;
        let id = String::from_utf8_lossy(&output.stdout).trim().parse();
        id.with_context(|| format!("no user {USER}, and this is root"))
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
    ["initdb", "postgres", "psql", "pg_isready"]
        .iter()
        .all(|program| bin.join(program).exists())
}
