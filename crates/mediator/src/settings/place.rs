//! Where mail is kept.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

/// Where mail is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In PostgreSQL databases, by their addresses, which may hold passwords.
    Databases(Vec<String>),
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Databases(_) => f.write_str("Databases"),
        }
    }
}

/// A list, or a single one without a list around it.
pub(super) fn one_or_several<'de, D: Deserializer<'de>>(read: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an address or a list of addresses")]
    enum Read {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Read::deserialize(read)? {
        Read::One(one) => vec![one],
        Read::Several(several) => several,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use std::fs;

    use clap::Parser;

    use super::*;
    use crate::settings::Given;

    #[test]
    fn databases_are_said_one_by_one() {
        let urls = ["postgres://a/mail", "host=/run/b dbname=mail"];
        let both = Place::Databases(urls.map(str::to_owned).to_vec());
        let given =
            |flags: &[&str]| Given::parse_from(std::iter::once(&"signet-mediator").chain(flags));
        let place = |flags: &[&str]| given(flags).check().unwrap().place;

        let [a, b] = urls;
        assert_eq!(place(&["--database", a, "--database", b]), both);
        assert_eq!(place(&["--database", &format!("{a}\n{b}\n")]), both);

        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mediator.toml");
        let config = ["--config", file.to_str().unwrap()];
        fs::write(&file, format!("database = [{a:?}, {b:?}]\n")).unwrap();
        assert_eq!(place(&config), both);
        fs::write(&file, format!("database = {a:?}\n")).unwrap();
        assert_eq!(place(&config), Place::Databases(vec![a.to_owned()]));
        fs::write(&file, "database = 7\n").unwrap();
        let refused = given(&config).check().unwrap_err().to_string();
        assert!(
            refused.contains("an address or a list of addresses"),
            "{refused}"
        );
    }
}
