//! Real Go, where it is installed: building programs and running them, with results kept.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use golite_testkit::process::{End, Run};

/// The oldest release that knows all of the language; generic methods came with it.
const GO_MINOR: u32 = 27;

/// Limit of one build.
const BUILD_TIMEOUT: Duration = Duration::from_secs(300);

/// An installation of Go.
pub(crate) struct Go {
    program: PathBuf,
    /// What `go version` prints.
    pub(crate) version: String,
    /// Where its own sources are.
    pub(crate) root: String,
    /// Where results are kept, by what they are the result of.
    cache: PathBuf,
}

/// What a build said.
pub(crate) enum Built {
    /// The program.
    Program(PathBuf),
    /// The errors.
    Errors(String),
}

impl Go {
    /// Finds Go.
    pub(crate) fn find() -> Result<Go, String> {
        let output = Command::new("go").arg("version").output();
        let output = output.map_err(|error| format!("real Go is not installed: go: {error}"))?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_string();
        let minor = version
            .split_once("go1.")
            .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok());
        if minor.is_none_or(|minor| minor < GO_MINOR) {
            return Err(format!("go 1.{GO_MINOR} is needed; this is {version}"));
        }
        let root = Command::new("go").args(["env", "GOROOT"]).output();
        let root = root.map_err(|error| format!("go env: {error}"))?;
        let root = String::from_utf8_lossy(&root.stdout).trim().to_string();
        let cache = std::env::temp_dir().join("golite-real-go");
        std::fs::create_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
        Ok(Go { program: "go".into(), version, root, cache })
    }

    /// Builds the package in a folder.
    pub(crate) fn build(&self, folder: &Path) -> Result<Built, String> {
        let program = folder.join("program.exe");
        let args = ["build", "-gcflags=-e", "-o", "program.exe", "."].map(str::to_string).to_vec();
        let run = Run {
            program: &self.program,
            args,
            folder,
            stdin: "",
            env: vec![("GOFLAGS".into(), "-mod=mod".into()), ("GOTOOLCHAIN".into(), "local".into())],
            timeout: BUILD_TIMEOUT,
        };
        let outcome = run.run();
        match outcome.end {
            End::Exit(0) => Ok(Built::Program(program)),
            End::Exit(_) => Ok(Built::Errors(outcome.stderr)),
            end => Err(format!("go build: {end}")),
        }
    }

    /// A result that is kept, or made and kept.
    pub(crate) fn kept(
        &self,
        key: &impl Hash,
        make: impl FnOnce() -> Result<String, String>,
    ) -> Result<String, String> {
        let mut hasher = DefaultHasher::new();
        (key, &self.version).hash(&mut hasher);
        let path = self.cache.join(format!("{:016x}", hasher.finish()));
        if let Ok(text) = std::fs::read_to_string(&path) {
            return Ok(text);
        }
        let text = make()?;
        // A result that cannot be kept is made again the next time.
        let _ = std::fs::write(&path, &text);
        Ok(text)
    }
}
