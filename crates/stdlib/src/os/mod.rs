//! Package `os`: the host's files, environment and numbers. Errors are told to the Go source by their
//! number.
//!
//! What would have to wait for others (reading from a pipe, a terminal, writing to one, opening a named
//! pipe) parks its goroutine, and is called again when it is worth another try.

use golite_runtime::host::{FileInfo, Host, HostError, HostResult, ProcessNumber, Whence};
use golite_runtime::native::{Ctx, NativeResult, Package, Trap};
use golite_runtime::outside;

/// The package.
pub static PACKAGE: Package = package!(
    "os",
    ".",
    [
        "dir.go-lite",
        "dirfs.go-lite",
        "env.go-lite",
        "error.go-lite",
        "file.go-lite",
        "open.go-lite",
        "path.go-lite",
        "pipe.go-lite",
        "proc.go-lite",
        "stat.go-lite",
        "temp.go-lite",
    ],
    natives![
        "Exit" => exit,
        "args" => args,
        "changeDir" => |ctx| on_path(ctx, |host, name| host.change_dir(name)),
        "changeDirTo" => |ctx| on_file(ctx, |host, fd| host.change_dir_fd(fd)),
        "changeMode" => change_mode,
        "changeOwner" => change_owner,
        "changeTimes" => change_times,
        "closeFile" => |ctx| on_file(ctx, |host, fd| host.close(fd)),
        "environ" => environ,
        "executable" => |ctx| text_result(ctx, |host, _| host.executable()),
        "hardLink" => |ctx| on_two_paths(ctx, |host, from, to| host.hard_link(from, to)),
        "hostname" => |ctx| text_result(ctx, |host, _| host.hostname()),
        "lookupEnv" => lookup_env,
        "makeDir" => make_dir,
        "open" => open,
        "processNumber" => process_number,
        "random" => random,
        "read" => read,
        "readAt" => read_at,
        "readDir" => read_dir,
        "readLink" => read_link,
        "removeDir" => |ctx| on_path(ctx, |host, name| host.remove_dir(name)),
        "removeFile" => |ctx| on_path(ctx, |host, name| host.remove_file(name)),
        "rename" => |ctx| on_two_paths(ctx, |host, from, to| host.rename(from, to)),
        "seek" => seek,
        "setEnv" => set_env,
        "setLen" => set_len,
        "setOwner" => set_owner,
        "setPermissions" => set_permissions,
        "stat" => stat,
        "statFile" => stat_file,
        "symbolicLink" => |ctx| on_two_paths(ctx, |host, from, to| host.symlink(from, to)),
        "syncFile" => |ctx| on_file(ctx, |host, fd| host.sync(fd)),
        "workingDir" => |ctx| text_result(ctx, |host, _| host.working_dir()),
        "write" => write,
        "writeAt" => write_at,
    ]
);

/// What a write to a pipe without reader ends a program by, if it is one of the standard streams.
const SIGPIPE: i32 = 13;

/// Bytes that a variable of the environment takes beside its texts.
const VARIABLE: usize = 64;

/// Bytes that a native reads or writes between two looks at the limit of steps.
const CHUNK: usize = 1 << 20;

/// A descriptor; numbers that are none become one that is not open.
fn descriptor(ctx: &Ctx<'_>, slot: u16) -> i32 {
    i32::try_from(ctx.int(slot)).unwrap_or(-1)
}

fn errno<T>(result: &HostResult<T>) -> i64 {
    result.as_ref().err().map_or(0, |error| i64::from(error.0))
}

/// Sets the only result: the number of the error.
fn set_errno<T>(ctx: &mut Ctx<'_>, result: &HostResult<T>) -> NativeResult {
    ctx.set_int(0, errno(result));
    Ok(())
}

fn on_file(ctx: &mut Ctx<'_>, run: fn(&mut dyn Host, i32) -> HostResult<()>) -> NativeResult {
    let fd = descriptor(ctx, 0);
    let result = run(ctx.host(), fd);
    set_errno(ctx, &result)
}

fn on_path(ctx: &mut Ctx<'_>, run: fn(&mut dyn Host, &[u8]) -> HostResult<()>) -> NativeResult {
    let name = ctx.bytes(0);
    let result = run(ctx.host(), name);
    set_errno(ctx, &result)
}

fn on_two_paths(ctx: &mut Ctx<'_>, run: fn(&mut dyn Host, &[u8], &[u8]) -> HostResult<()>) -> NativeResult {
    let (from, to) = (ctx.bytes(0), ctx.bytes(2));
    let result = run(ctx.host(), from, to);
    set_errno(ctx, &result)
}

/// Sets the results string and errno.
fn set_text(ctx: &mut Ctx<'_>, result: &HostResult<Vec<u8>>) -> NativeResult {
    ctx.set_string(0, result.as_deref().unwrap_or_default())?;
    ctx.set_int(2, errno(result));
    Ok(())
}

fn text_result(ctx: &mut Ctx<'_>, run: fn(&mut dyn Host, ()) -> HostResult<Vec<u8>>) -> NativeResult {
    let result = run(ctx.host(), ());
    set_text(ctx, &result)
}

// ---- files

fn open(ctx: &mut Ctx<'_>) -> NativeResult {
    let (name, flags, mode) = (ctx.bytes(0), ctx.uint(2) as u32, ctx.uint(3) as u32);
    let result = ctx.host().open(name, flags, mode);
    if result == Err(HostError::WOULD_WAIT) {
        return outside::wait(ctx.runtime());
    }
    ctx.set_int(0, result.map_or(-1, i64::from));
    ctx.set_int(1, errno(&result));
    Ok(())
}

/// Reads into the byte slice at parameter 1 until it has something.
fn read(ctx: &mut Ctx<'_>) -> NativeResult {
    let fd = descriptor(ctx, 0);
    let (addr, len, _) = ctx.slice(1);
    let mut buffer = vec![0; (len as usize).min(CHUNK)];
    let result = ctx.host().read(fd, &mut buffer);
    if result == Err(HostError::WOULD_WAIT) {
        return outside::wait(ctx.runtime());
    }
    ctx.charge(len.min(CHUNK as u64) / 8)?;
    set_read(ctx, addr, &buffer, result)
}

fn read_at(ctx: &mut Ctx<'_>) -> NativeResult {
    let fd = descriptor(ctx, 0);
    let (addr, len, _) = ctx.slice(1);
    let offset = ctx.uint(4);
    ctx.charge(len.min(CHUNK as u64) / 8)?;
    let mut buffer = vec![0; (len as usize).min(CHUNK)];
    let result = ctx.host().read_at(fd, &mut buffer, offset);
    set_read(ctx, addr, &buffer, result)
}

fn set_read(ctx: &mut Ctx<'_>, addr: u64, buffer: &[u8], result: HostResult<usize>) -> NativeResult {
    let count = result.unwrap_or(0);
    if count > 0 {
        ctx.bytes_at_mut(addr, count as u64).copy_from_slice(&buffer[..count]);
    }
    ctx.set_uint(0, count as u64);
    ctx.set_int(1, errno(&result));
    Ok(())
}

fn write(ctx: &mut Ctx<'_>) -> NativeResult {
    let fd = descriptor(ctx, 0);
    let bytes = ctx.bytes(1);
    match write_all(ctx, bytes, |host, part, _| host.try_write(fd, part)) {
        (0, Err(HostError::WOULD_WAIT)) => outside::wait(ctx.runtime()),
        (_, Err(HostError::BROKEN_PIPE)) if fd == 1 || fd == 2 => Err(Trap::Signal(SIGPIPE)),
        written => set_written(ctx, written),
    }
}

fn write_at(ctx: &mut Ctx<'_>) -> NativeResult {
    let fd = descriptor(ctx, 0);
    let bytes = ctx.bytes(1);
    let offset = ctx.uint(4);
    let written =
        write_all(ctx, bytes, |host, part, written| host.write_at(fd, part, offset + written as u64));
    set_written(ctx, written)
}

/// Writes until all is written or the host refuses. Says how much was written.
fn write_all(
    ctx: &mut Ctx<'_>,
    bytes: &[u8],
    run: impl Fn(&mut dyn Host, &[u8], usize) -> HostResult<usize>,
) -> (usize, HostResult<()>) {
    let mut written = 0;
    loop {
        match run(ctx.host(), &bytes[written..], written) {
            Ok(count) if count == 0 || written + count >= bytes.len() => return (written + count, Ok(())),
            Ok(count) => written += count,
            Err(error) => return (written, Err(error)),
        }
    }
}

fn set_written(ctx: &mut Ctx<'_>, (count, result): (usize, HostResult<()>)) -> NativeResult {
    ctx.set_uint(0, count as u64);
    ctx.set_int(1, errno(&result));
    ctx.charge(count as u64 / 8)
}

fn seek(ctx: &mut Ctx<'_>) -> NativeResult {
    let (fd, offset) = (descriptor(ctx, 0), ctx.int(1));
    let whence = match ctx.int(2) {
        0 => Ok(Whence::Start),
        1 => Ok(Whence::Current),
        2 => Ok(Whence::End),
        _ => Err(HostError::INVALID),
    };
    let result = whence.and_then(|whence| ctx.host().seek(fd, offset, whence));
    ctx.set_int(0, result.unwrap_or(0));
    ctx.set_int(1, errno(&result));
    Ok(())
}

fn set_len(ctx: &mut Ctx<'_>) -> NativeResult {
    let fd = descriptor(ctx, 0);
    let result = match u64::try_from(ctx.int(1)) {
        Ok(len) => ctx.host().set_len(fd, len),
        Err(_) => Err(HostError::INVALID),
    };
    set_errno(ctx, &result)
}

fn set_permissions(ctx: &mut Ctx<'_>) -> NativeResult {
    let (fd, mode) = (descriptor(ctx, 0), ctx.uint(1) as u32);
    let result = ctx.host().set_permissions_fd(fd, mode);
    set_errno(ctx, &result)
}

fn set_owner(ctx: &mut Ctx<'_>) -> NativeResult {
    let (fd, user, group) = (descriptor(ctx, 0), owner(ctx, 1), owner(ctx, 2));
    let result = ctx.host().set_owner_fd(fd, user, group);
    set_errno(ctx, &result)
}

/// A user or group: -1 is none.
fn owner(ctx: &Ctx<'_>, slot: u16) -> Option<u32> {
    u32::try_from(ctx.int(slot)).ok()
}

fn read_dir(ctx: &mut Ctx<'_>) -> NativeResult {
    let fd = descriptor(ctx, 0);
    let result = ctx.host().read_dir_fd(fd).map(|entries| {
        let mut out = Vec::new();
        for entry in entries {
            out.extend_from_slice(&entry.name);
            out.extend_from_slice(&[0, (entry.mode >> 12) as u8]);
        }
        out
    });
    set_text(ctx, &result)
}

/// Writes a `syscall.Stat_t`.
fn store_info(ctx: &mut Ctx<'_>, at: u64, info: &FileInfo) {
    ctx.write_u64(at, info.device);
    ctx.write_u64(at + 8, info.inode);
    ctx.write_u64(at + 16, info.links);
    ctx.write_u32(at + 24, info.mode);
    ctx.write_u32(at + 28, info.user);
    ctx.write_u32(at + 32, info.group);
    let words = [
        info.special_device,
        info.size as u64,
        info.block_size,
        info.blocks,
        info.accessed.0 as u64,
        info.accessed.1 as u64,
        info.modified_seconds as u64,
        info.modified_nanos as u64,
        info.changed.0 as u64,
        info.changed.1 as u64,
    ];
    for (i, word) in words.into_iter().enumerate() {
        ctx.write_u64(at + 40 + 8 * i as u64, word);
    }
}

fn stat(ctx: &mut Ctx<'_>) -> NativeResult {
    let (name, follow, at) = (ctx.bytes(0), ctx.bool(2), ctx.raw(3));
    let result = ctx.host().stat(name, follow);
    if let Ok(info) = &result {
        store_info(ctx, at, info);
    }
    set_errno(ctx, &result)
}

fn stat_file(ctx: &mut Ctx<'_>) -> NativeResult {
    let (fd, at) = (descriptor(ctx, 0), ctx.raw(1));
    let result = ctx.host().stat_fd(fd);
    if let Ok(info) = &result {
        store_info(ctx, at, info);
    }
    set_errno(ctx, &result)
}

// ---- names

fn make_dir(ctx: &mut Ctx<'_>) -> NativeResult {
    let (name, mode) = (ctx.bytes(0), ctx.uint(2) as u32);
    let result = ctx.host().make_dir(name, mode);
    set_errno(ctx, &result)
}

fn change_mode(ctx: &mut Ctx<'_>) -> NativeResult {
    let (name, mode) = (ctx.bytes(0), ctx.uint(2) as u32);
    let result = ctx.host().set_permissions(name, mode);
    set_errno(ctx, &result)
}

fn change_owner(ctx: &mut Ctx<'_>) -> NativeResult {
    let (name, user, group, follow) = (ctx.bytes(0), owner(ctx, 2), owner(ctx, 3), ctx.bool(4));
    let result = ctx.host().set_owner(name, user, group, follow);
    set_errno(ctx, &result)
}

fn change_times(ctx: &mut Ctx<'_>) -> NativeResult {
    let name = ctx.bytes(0);
    let time = |given: bool, slot: u16| given.then(|| i128::from(ctx.int(slot)));
    let (access, modified) = (time(ctx.bool(4), 2), time(ctx.bool(5), 3));
    let result = ctx.host().set_times(name, access, modified);
    set_errno(ctx, &result)
}

fn read_link(ctx: &mut Ctx<'_>) -> NativeResult {
    let name = ctx.bytes(0);
    let result = ctx.host().read_link(name);
    set_text(ctx, &result)
}

fn random(ctx: &mut Ctx<'_>) -> NativeResult {
    let number = ctx.runtime().random.below(1 << 32);
    ctx.set_uint(0, number);
    Ok(())
}

// ---- environment and process

fn lookup_env(ctx: &mut Ctx<'_>) -> NativeResult {
    let name = ctx.bytes(0);
    charge_environment(ctx)?;
    let value = ctx.host().env(name);
    ctx.set_string(0, value.as_deref().unwrap_or_default())?;
    ctx.set_bool(2, value.is_some());
    Ok(())
}

fn set_env(ctx: &mut Ctx<'_>) -> NativeResult {
    let (name, value, set) = (ctx.bytes(0), ctx.bytes(2), ctx.bool(4));
    // What the host keeps for the program is the program's memory.
    charge_environment(ctx)?;
    let bytes = |value: &[u8]| (name.len() + value.len() + VARIABLE) as u64;
    let old = ctx.host().env(name).map_or(0, |old| bytes(&old));
    let new = if set { bytes(value) } else { 0 };
    let rt = ctx.runtime();
    rt.heap.try_charge_external(new)?;
    let result = rt.host.set_env(name, set.then_some(value));
    let gone = if result.is_ok() { old.min(rt.settings.env_bytes) } else { new };
    rt.settings.env_bytes = rt.settings.env_bytes + new - gone;
    rt.heap.charge_external(-(gone as i64));
    set_errno(ctx, &result)
}

/// Steps for a look at all variables.
fn charge_environment(ctx: &mut Ctx<'_>) -> NativeResult {
    let bytes = ctx.rt().settings.env_bytes;
    ctx.charge(bytes / (4 * VARIABLE as u64))
}

/// Sets a string: the texts, a zero byte behind each.
fn set_list(ctx: &mut Ctx<'_>, list: Vec<Vec<u8>>) -> NativeResult {
    // What is not more than has to be was asked for.
    let mut out = Vec::with_capacity(list.iter().map(|text| text.len() + 1).sum());
    for text in list {
        out.extend(text);
        out.push(0);
    }
    ctx.set_string(0, &out)
}

fn environ(ctx: &mut Ctx<'_>) -> NativeResult {
    charge_environment(ctx)?;
    let (addr, len) = ctx.new_environment()?;
    ctx.set_string_at(0, addr, len);
    Ok(())
}

fn args(ctx: &mut Ctx<'_>) -> NativeResult {
    let list = ctx.host().args();
    set_list(ctx, list)
}

fn exit(ctx: &mut Ctx<'_>) -> NativeResult {
    Err(Trap::Exit(ctx.int(0) as i32))
}

fn process_number(ctx: &mut Ctx<'_>) -> NativeResult {
    let which = match ctx.int(0) {
        0 => ProcessNumber::Pid,
        1 => ProcessNumber::ParentPid,
        2 => ProcessNumber::User,
        3 => ProcessNumber::EffectiveUser,
        4 => ProcessNumber::Group,
        5 => ProcessNumber::EffectiveGroup,
        _ => ProcessNumber::PageSize,
    };
    let number = ctx.host().process_number(which);
    ctx.set_int(0, number);
    Ok(())
}
