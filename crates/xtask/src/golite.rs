//! The `golite` binary, built for the task.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Builds `golite` with the quick optimised profile and says where it is.
pub(crate) fn build() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments =
        ["build", "--package", "golite-cli", "--profile", "fast", "--message-format=json-render-diagnostics"];
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(golite_testkit::workspace::root()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err("golite cannot be built".into());
    }
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let executable = messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    executable.ok_or_else(|| "cargo names no executable".into())
}
