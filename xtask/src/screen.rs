//! A virtual display with a session bus of its own, for machines without a screen and for tests.
//!
//! Xvfb picks a free number and keeps its frame in a file, in the X window dump format, so that
//! a picture is taken by reading it: no window manager and no other program is needed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::place::Place;

/// Larger than the window, so that nothing of it is cut off; 24 bits of colour.
const SIZE: &str = "1400x940x24";

/// A running display. Ends with this value.
pub struct Screen {
    server: Child,
    bus: Child,
    frame: PathBuf,
    variables: Vec<(String, String)>,
}

/// What the display shows at one moment.
#[derive(PartialEq, Eq)]
pub struct Frame {
    pub width: u32,
    pub height: u32,
    /// Red, green, blue, line by line.
    pub pixels: Vec<u8>,
}

impl Screen {
    pub fn start(place: &Place) -> Result<Screen> {
        let folder = place.target.join(format!("screen-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let (server, number) = first_line(
            Command::new("Xvfb")
                .args([
                    "-displayfd",
                    "1",
                    "-screen",
                    "0",
                    SIZE,
                    "-nolisten",
                    "tcp",
                    "-fbdir",
                ])
                .arg(&folder),
        )?;
        let (bus, address) = first_line(Command::new("dbus-daemon").args([
            "--session",
            "--nofork",
            "--nopidfile",
            "--print-address",
        ]))?;
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let variables = vec![
            set("DISPLAY", &format!(":{number}")),
            set("DBUS_SESSION_BUS_ADDRESS", &address),
            set("GDK_BACKEND", "x11"),
            set("NO_AT_BRIDGE", "1"),
            set("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
        ];
        Ok(Screen {
            server,
            bus,
            frame: folder.join("Xvfb_screen0"),
            variables,
        })
    }

    /// What a program must be given to appear here.
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    pub fn frame(&self) -> Result<Frame> {
        Frame::read(&fs::read(&self.frame)?)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        for child in [&mut self.server, &mut self.bus] {
            // One that already ended is what we want.
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some(folder) = self.frame.parent() {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Starts a program that goes on running and says on its first line where it is reached.
fn first_line(command: &mut Command) -> Result<(Child, String)> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{name} did not start"))?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    if line.trim().is_empty() {
        let _ = child.kill();
        let _ = child.wait();
        bail!("{name} ended before it was ready");
    }
    Ok((child, line.trim().to_owned()))
}

impl Frame {
    /// Reads the X window dump format, as far as Xvfb uses it. Source: `X11/XWDFile.h`.
    fn read(dump: &[u8]) -> Result<Frame> {
        let field = |index: usize| {
            let bytes = dump
                .get(index * 4..index * 4 + 4)
                .context("the dump of the display is cut short")?;
            anyhow::Ok(
                bytes
                    .iter()
                    .fold(0usize, |number, &byte| number << 8 | usize::from(byte)),
            )
        };
        let (header, width, height) = (field(0)?, field(4)?, field(5)?);
        let (is_big_endian, bits, line, colours) =
            (field(7)? == 1, field(11)?, field(12)?, field(19)?);
        if bits != 32 || is_big_endian {
            bail!("the display keeps its frame in a form that is not understood");
        }
        let start = header + colours * 12;
        let lines = dump
            .get(start..start + height * line)
            .context("the dump of the display is cut short")?;
        let pixels = lines
            .chunks_exact(line)
            .flat_map(|line| line.chunks_exact(4).take(width))
            .flat_map(|pixel| [pixel[2], pixel[1], pixel[0]])
            .collect();
        Ok(Frame {
            width: width as u32,
            height: height as u32,
            pixels,
        })
    }

    /// Without the black ground right of the window and below it.
    pub fn trimmed(&self) -> Frame {
        let line = self.width as usize * 3;
        let used = |bytes: &[u8]| {
            bytes
                .iter()
                .rposition(|&byte| byte != 0)
                .map_or(0, |last| last / 3 + 1)
        };
        let width = self
            .pixels
            .chunks_exact(line)
            .map(used)
            .max()
            .unwrap_or(0)
            .max(1);
        let height = used(&self.pixels).div_ceil(self.width as usize).max(1);
        let lines = self.pixels.chunks_exact(line).take(height);
        Frame {
            width: width as u32,
            height: height as u32,
            pixels: lines.flat_map(|line| &line[..width * 3]).copied().collect(),
        }
    }

    /// How many colours there are, counted up to `enough`.
    pub fn colours(&self, enough: usize) -> usize {
        let mut seen = Vec::new();
        for pixel in self.pixels.chunks_exact(3) {
            if !seen.contains(&pixel) {
                seen.push(pixel);
                if seen.len() >= enough {
                    break;
                }
            }
        }
        seen.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_read_pixel_by_pixel() {
        let mut fields = [0u32; 25];
        (
            fields[0], fields[4], fields[5], fields[11], fields[12], fields[19],
        ) = (100, 2, 1, 32, 12, 1);
        let mut dump: Vec<u8> = fields
            .iter()
            .flat_map(|field| field.to_be_bytes())
            .collect();
        dump.extend([0; 12]);
        dump.extend([3, 2, 1, 0, 6, 5, 4, 0, 9, 9, 9, 9]);

        let frame = Frame::read(&dump).unwrap();

        assert_eq!((frame.width, frame.height), (2, 1));
        assert_eq!(frame.pixels, [1, 2, 3, 4, 5, 6]);
        assert_eq!(frame.colours(16), 2);
        assert!(Frame::read(&dump[..120]).is_err());
    }

    #[test]
    fn the_ground_around_a_window_is_trimmed() {
        let mut frame = Frame {
            width: 3,
            height: 3,
            pixels: vec![0; 27],
        };
        frame.pixels[3] = 7;
        frame.pixels[9] = 8;

        let trimmed = frame.trimmed();

        assert_eq!((trimmed.width, trimmed.height), (2, 2));
        assert_eq!(trimmed.pixels, [0, 0, 0, 7, 0, 0, 8, 0, 0, 0, 0, 0]);
    }
}
