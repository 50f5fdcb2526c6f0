//! Package `time`: Go source over the clocks and timers of the runtime.

use golite_runtime::host::{HostResult, open_flags};
use golite_runtime::native::{Ctx, Native, NativeResult, Package};
use golite_runtime::timer;

/// Files of time zones are a few kilobytes; what is longer is none.
const LARGEST_ZONE_FILE: usize = 10 << 20;

fn read_zone_file(ctx: &mut Ctx<'_>, path: &[u8]) -> HostResult<Vec<u8>> {
    let host = ctx.host();
    let fd = host.open(path, open_flags::READ_ONLY, 0)?;
    let mut data = Vec::new();
    let mut chunk = [0; 4096];
    let result = loop {
        match host.read(fd, &mut chunk) {
            Ok(0) => break Ok(data),
            Ok(n) => data.extend_from_slice(&chunk[..n]),
            Err(error) => break Err(error),
        }
        if data.len() > LARGEST_ZONE_FILE {
            break Ok(Vec::new());
        }
    };
    host.close(fd)?;
    result
}

fn read_file(ctx: &mut Ctx<'_>) -> NativeResult {
    let path = ctx.bytes(0);
    let data = read_zone_file(ctx, path);
    ctx.set_string(0, data.as_deref().unwrap_or_default())?;
    ctx.set_bool(2, data.is_ok());
    Ok(())
}

fn getenv(ctx: &mut Ctx<'_>) -> NativeResult {
    let name = ctx.bytes(0);
    let value = ctx.host().env(name);
    ctx.set_string(0, value.as_deref().unwrap_or_default())?;
    ctx.set_bool(2, value.is_some());
    Ok(())
}

/// The package.
pub static PACKAGE: Package = Package {
    path: "time",
    files: &[
        ("time.go-lite", source!("time.go-lite")),
        ("civil.go-lite", source!("civil.go-lite")),
        ("duration.go-lite", source!("duration.go-lite")),
        ("encode.go-lite", source!("encode.go-lite")),
        ("format.go-lite", source!("format.go-lite")),
        ("parse.go-lite", source!("parse.go-lite")),
        ("rule.go-lite", source!("rule.go-lite")),
        ("sleep.go-lite", source!("sleep.go-lite")),
        ("zone.go-lite", source!("zone.go-lite")),
    ],
    natives: &[
        Native { name: "now", func: timer::native_now },
        Native { name: "Sleep", func: timer::native_sleep },
        Native { name: "newTimer", func: timer::native_new_timer },
        Native { name: "stopTimer", func: timer::native_stop_timer },
        Native { name: "resetTimer", func: timer::native_reset_timer },
        Native { name: "readFile", func: read_file },
        Native { name: "getenv", func: getenv },
    ],
};
