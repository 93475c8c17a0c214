//! The floor of the line: bytes over a TCP stream to another process and back, and appends that
//! end with `fdatasync`. No cipher, no database, no protocol.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};

use super::person::Commits;

/// The first argument that makes this program the floor's other process.
pub const ROLE: &str = "--floor-answers";

/// What one message costs.
pub(super) struct Load {
    /// On the wire: there, and back.
    pub(super) bytes: [usize; 2],
    /// Of one durable append: here, and there.
    pub(super) append: [usize; 2],
}

/// Two processes with a stream between them; they end with this value.
pub(super) struct Floor {
    child: Child,
    stream: TcpStream,
    file: File,
    load: Load,
}

impl Floor {
    pub(super) fn start(folder: &Path, load: &Load) -> Result<Self> {
        let [there, back] = load.bytes.map(|bytes| bytes.to_string());
        let [here, append] = load.append;
        let mut child = Command::new(std::env::current_exe()?)
            .args([ROLE, &there, &back, &append.to_string()])
            .arg(folder.join("floor-there"))
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("no pipe")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, line.trim().parse()?))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            child,
            stream,
            file: appended(&folder.join("floor-here"))?,
            load: Load {
                bytes: load.bytes,
                append: [here, append],
            },
        })
    }

    /// The seconds of each: append, there, append there, back, append.
    pub(super) fn one_by_one(mut self, often: u32) -> Result<Vec<f64>> {
        let Load { bytes, append } = self.load;
        let [there, mut back] = bytes.map(|bytes| vec![1; bytes]);
        let [entry, _] = append.map(|bytes| vec![1; bytes]);
        let mut seconds = Vec::new();
        for _ in 0..often {
            let start = Instant::now();
            durable(&mut self.file, &entry)?;
            self.stream.write_all(&there)?;
            self.stream.read_exact(&mut back)?;
            durable(&mut self.file, &entry)?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        Ok(seconds)
    }

    /// The seconds that so many messages take as a stream, with as many appends as were counted:
    /// one there for each group of messages; here half of them before the groups leave, half when
    /// their answers are there.
    pub(super) fn stream(
        folder: &Path,
        bytes: [usize; 2],
        messages: u32,
        [here, there]: &[Commits; 2],
    ) -> Result<f64> {
        let groups = usize::try_from(there.count.max(1))?;
        let messages = usize::try_from(messages)?;
        let load = Load {
            bytes: bytes.map(|bytes| bytes * messages / groups),
            append: [here.average(), there.average()],
        };
        let floor = Self::start(folder, &load)?;
        let half = usize::try_from(here.count / 2)?;
        let due = move |group: usize| half * (group + 1) / groups - half * group / groups;
        let (there, mut back) = (vec![1; load.bytes[0]], vec![1; load.bytes[1]]);
        let entry = vec![1; load.append[0]];

        let start = Instant::now();
        let (mut stream, mut file) = (floor.stream.try_clone()?, floor.file.try_clone()?);
        let leaving = thread::spawn({
            let entry = entry.clone();
            move || -> Result<()> {
                for group in 0..groups {
                    for _ in 0..due(group) {
                        durable(&mut file, &entry)?;
                    }
                    stream.write_all(&there)?;
                }
                Ok(())
            }
        });
        let (mut stream, mut file) = (&floor.stream, &floor.file);
        for group in 0..groups {
            stream.read_exact(&mut back)?;
            for _ in 0..due(group) {
                file.write_all(&entry)?;
                file.sync_data()?;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        match leaving.join() {
            Ok(left) => left?,
            Err(_) => bail!("the floor broke"),
        }
        Ok(seconds)
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        // One that already ended is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The other process: for so many bytes that come, one durable append and so many bytes back.
///
/// # Errors
/// The arguments are not `BYTES BYTES APPEND FILE`.
pub fn answer(arguments: &[String]) -> Result<()> {
    let [there, back, append, file] = arguments else {
        bail!("the floor needs four arguments");
    };
    let [mut there, back, entry] =
        [there.parse()?, back.parse()?, append.parse()?].map(|bytes: usize| vec![1; bytes]);
    ensure!(!there.is_empty(), "nothing comes");
    let mut file = appended(Path::new(file))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    while stream.read_exact(&mut there).is_ok() {
        durable(&mut file, &entry)?;
        stream.write_all(&back)?;
    }
    Ok(())
}

fn appended(path: &Path) -> Result<File> {
    Ok(OpenOptions::new().create(true).append(true).open(path)?)
}

fn durable(file: &mut File, entry: &[u8]) -> Result<()> {
    file.write_all(entry)?;
    Ok(file.sync_data()?)
}
