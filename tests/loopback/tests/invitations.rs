//! What `accept` takes, and what it refuses in one clear sentence.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says so by panicking"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use image::{GrayImage, Luma, imageops::FilterType};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use signet_didcomm::{did::peer2, out_of_band::Invitation};
use signet_loopback::Person;

/// Somebody who invites, and somebody who answers.
struct Two {
    folder: tempfile::TempDir,
    alice: Person,
    bob: Person,
}

impl Two {
    fn online() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut alice = Person::new(folder.path(), "Alice").unwrap();
        let mut bob = Person::new(folder.path(), "Bob").unwrap();
        alice.start().unwrap();
        bob.start().unwrap();
        Self { folder, alice, bob }
    }

    /// The picture of a fresh invitation of Alice's.
    fn picture(&self) -> GrayImage {
        let path = self.folder.path().join("invitation.png");
        let told = self
            .alice
            .types(&["invite", "--png", path.to_str().unwrap()])
            .unwrap();
        assert_eq!(told.status, Some(0), "{told:?}");
        image::open(path).unwrap().into_luma8()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Bob answers what this picture shows, and the two are connected.
    fn meet_by(&self, picture: &GrayImage) {
        let path = self.folder.path().join("seen.png");
        picture.save(&path).unwrap();
        let told = self
            .bob
            .types(&["--json", "accept", path.to_str().unwrap()])
            .unwrap();
        assert_eq!(told.status, Some(0), "{told:?}");
        let made: serde_json::Value = serde_json::from_str(&told.out).unwrap();
        self.bob
            .until_state(made["contact"].as_str().unwrap(), "connected")
            .unwrap();
    }

    /// Bob is told why not, and nothing changed.
    fn refuses(&self, what: &Path) -> String {
        self.refuses_text(what.to_str().unwrap())
    }

    fn refuses_text(&self, what: &str) -> String {
        let told = self.bob.types(&["accept", what]).unwrap();
        assert_eq!(
            self.bob.call("contacts", json!({})).unwrap(),
            json!([]),
            "nothing changed"
        );
        told.refusal().to_lowercase()
    }
}

fn png(text: &str) -> Vec<u8> {
    signet_picture::png(text, signet_picture::MODULE_PIXELS).unwrap()
}

/// The picture turned, its corners white, every pixel off by some noise.
fn turned(picture: &GrayImage, degrees: f32) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let side = (width.max(height) * (sin.abs() + cos.abs())).ceil() as u32;
    let middle = side as f32 / 2.0;
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    GrayImage::from_fn(side, side, |x, y| {
        let (dx, dy) = (x as f32 - middle, y as f32 - middle);
        let from = (
            dx * cos + dy * sin + width / 2.0,
            dy * cos - dx * sin + height / 2.0,
        );
        let is_inside =
            (0.0..width - 1.0).contains(&from.0) && (0.0..height - 1.0).contains(&from.1);
        let grey = if is_inside {
            between(picture, from)
        } else {
            255.0
        };
        Luma([(grey + rng.random_range(-24.0..24.0f32)).clamp(0.0, 255.0) as u8])
    })
}

/// The grey between four pixels.
fn between(picture: &GrayImage, (x, y): (f32, f32)) -> f32 {
    let at = |dx: u32, dy: u32| f32::from(picture.get_pixel(x as u32 + dx, y as u32 + dy).0[0]);
    let (right, down) = (x.fract(), y.fract());
    let row = |dy| at(0, dy) * (1.0 - right) + at(1, dy) * right;
    row(0) * (1.0 - down) + row(1) * down
}

#[test]
fn an_invitation_is_taken_as_a_link() {
    let two = Two::online();
    let link = two.alice.invites().unwrap();

    assert!(link.len() <= 900, "{} characters", link.len());
    let told = two.bob.types(&["accept", &link]).unwrap();
    assert_eq!(
        (told.status, told.out.as_str()),
        (Some(0), "You and Alice are connected.\n"),
        "{}",
        told.err
    );
}

#[test]
fn an_invitation_is_taken_from_the_picture_that_invite_draws() {
    let two = Two::online();
    two.meet_by(&two.picture());
}

#[test]
fn an_invitation_is_taken_from_a_picture_shrunk_to_40_percent() {
    let two = Two::online();
    let picture = two.picture();
    let (width, height) = (picture.width() * 2 / 5, picture.height() * 2 / 5);
    two.meet_by(&image::imageops::resize(
        &picture,
        width,
        height,
        FilterType::Triangle,
    ));
}

#[test]
fn an_invitation_is_taken_from_a_picture_turned_by_7_degrees_with_noise() {
    let two = Two::online();
    two.meet_by(&turned(&two.picture(), 7.0));
}

#[test]
fn what_is_no_invitation_is_refused_in_one_sentence_and_changes_nothing() {
    let two = Two::online();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();

    let noise = GrayImage::from_fn(400, 300, |_, _| Luma([rng.random()]));
    let no_code = two.folder.path().join("noise.png");
    noise.save(&no_code).unwrap();
    let told = two.refuses(&no_code);
    assert!(told.contains("no code"), "{told}");

    let other_code = two.file("other.png", &png("https://example.org/menu"));
    let told = two.refuses(&other_code);
    assert!(told.contains("not an invitation"), "{told}");

    let v1 = "https://example.org/?c_i=eyJAdHlwZSI6Imh0dHBzOi8vZGlkY29tbS5vcmcvY29ubmVjdGlvbnMvMS4wL2ludml0YXRpb24ifQ";
    for told in [
        two.refuses(&two.file("v1.png", &png(v1))),
        two.refuses_text(v1),
    ] {
        assert!(told.contains("version 1"), "{told}");
    }

    let mut expired = Invitation::new("an-old-one", peer2::create(&[], &mut rng).0);
    expired.expires_time = Some(now - 3600);
    let told = two.refuses_text(&expired.to_url("https://example.org/"));
    assert!(told.contains("expired"), "{told}");

    let own = two.bob.invites().unwrap();
    let told = two.refuses_text(&own);
    assert!(told.contains("your own"), "{told}");

    let mut bomb = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bomb);
    let (width, height) = (10_000, 5_000);
    let pixels = vec![0; 50_000_000];
    image::ImageEncoder::write_image(
        encoder,
        &pixels,
        width,
        height,
        image::ExtendedColorType::L8,
    )
    .unwrap();
    assert!(bomb.len() < 1 << 20, "a bomb is small");
    let told = two.refuses(&two.file("bomb.png", &bomb));
    assert!(told.contains("megapixels"), "{told}");

    let whole = png(&two.alice.invites().unwrap());
    let told = two.refuses(&two.file("half.png", &whole[..whole.len() / 2]));
    assert!(told.contains("cut short"), "{told}");

    for text in [
        "",
        "hello",
        "https://example.org",
        "signet://invitation?_oob=%%%",
        "/nonexistent.png",
    ] {
        two.refuses_text(text);
    }
}

#[test]
fn a_used_and_a_revoked_invitation_are_told_by_the_inviter() {
    let two = Two::online();
    let mut clara = Person::new(two.folder.path(), "Clara").unwrap();
    clara.start().unwrap();
    let used = two.alice.invites().unwrap();
    let revoked = two.alice.call("invite", json!({})).unwrap();

    let bobs = two.bob.accepts(&used).unwrap();
    two.bob.until_state(&bobs, "connected").unwrap();
    two.alice
        .call("revoke", json!({"id": revoked["id"]}))
        .unwrap();
    let late = clara.accepts(&used).unwrap();
    let too_late = clara.accepts(revoked["url"].as_str().unwrap()).unwrap();

    let late = clara.until_state(&late, "ended").unwrap();
    let too_late = clara.until_state(&too_late, "ended").unwrap();
    assert!(late["reason"].as_str().unwrap().contains("used"), "{late}");
    assert!(
        too_late["reason"].as_str().unwrap().contains("taken back"),
        "{too_late}"
    );
    assert_eq!(
        two.alice
            .call("contacts", json!({}))
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
