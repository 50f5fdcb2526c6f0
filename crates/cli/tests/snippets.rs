//! Pieces of code about the runtime as they stand in documents: without package clause, imports or main. They
//! run as scripts, word for word.

use std::process::{Command, Output};

fn run(name: &str, script: &str) -> Output {
    let folder = std::env::temp_dir().join(format!("golite-snippet-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("temporary folders can be made");
    let path = folder.join(format!("{name}.go-lite"));
    std::fs::write(&path, script).expect("temporary files can be written");
    let output = Command::new(env!("CARGO_BIN_EXE_golite")).arg(&path).output().expect("golite starts");
    std::fs::remove_dir_all(&folder).expect("temporary folders can be removed");
    output
}

/// The lines that a script prints; it ends without failure and says nothing on standard error.
fn lines(name: &str, script: &str) -> Vec<String> {
    let output = run(name, script);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{name}: {} {errors}", output.status);
    String::from_utf8_lossy(&output.stdout).lines().map(String::from).collect()
}

fn number(line: &str, prefix: &str, suffix: &str) -> u64 {
    let middle = line.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
    middle.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{line:?} is not {prefix}N{suffix}"))
}

#[test]
fn basic_information() {
    let lines = lines(
        "basic",
        r#"fmt.Printf("Go version: %s\n", runtime.Version())
fmt.Printf("OS: %s\n", runtime.GOOS)
fmt.Printf("Arch: %s\n", runtime.GOARCH)
fmt.Printf("CPUs: %d\n", runtime.NumCPU())
"#,
    );
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("Go version: go1."), "{lines:?}");
    assert!(lines[1].len() > "OS: ".len() && lines[2].len() > "Arch: ".len(), "{lines:?}");
    assert!(number(&lines[3], "CPUs: ", "") >= 1);
}

#[test]
fn memory_statistics() {
    let lines = lines(
        "memory",
        r#"var m runtime.MemStats
runtime.ReadMemStats(&m)
fmt.Printf("Alloc: %d KB\n", m.Alloc/1024)
fmt.Printf("TotalAlloc: %d KB\n", m.TotalAlloc/1024)
fmt.Printf("Sys: %d KB\n", m.Sys/1024)
"#,
    );
    let alloc = number(&lines[0], "Alloc: ", " KB");
    let total = number(&lines[1], "TotalAlloc: ", " KB");
    let sys = number(&lines[2], "Sys: ", " KB");
    assert!(alloc <= total && alloc < sys, "{lines:?}");
}

#[test]
fn goroutine_management() {
    let lines = lines(
        "goroutines",
        r#"fmt.Printf("Goroutines: %d\n", runtime.NumGoroutine())
runtime.GOMAXPROCS(runtime.NumCPU())
runtime.Gosched() // Yield processor
"#,
    );
    assert_eq!(lines, ["Goroutines: 1"]);
}

#[test]
fn garbage_collection() {
    let none: [&str; 0] = [];
    let snippet = "runtime.GC() // Force garbage collection\nruntime.SetGCPercent(100) // Set GC target\n";
    assert_eq!(lines("collection", snippet), none);
    let shown = format!("{snippet}fmt.Println(runtime.SetGCPercent(50), runtime.SetGCPercent(100))\n");
    assert_eq!(lines("collection", &shown), ["100 50"]);
}

const ALLOCATOR: &str = r#"func CustomAllocator(size int) []byte {
    runtime.SetFinalizer(&size, func(*int) {
        // Cleanup logic
    })
    return make([]byte, size)
}
"#;

#[test]
fn a_custom_allocator() {
    let shown = format!("{ALLOCATOR}fmt.Println(len(CustomAllocator(100)))\n");
    assert_eq!(lines("allocator", &shown), ["100"]);
    let output = run("allocator", &format!("{ALLOCATOR}CustomAllocator(-1)\n"));
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("makeslice: len out of range"), "{errors}");
}

#[test]
fn a_goroutine_pool() {
    let script = r#"func GoroutinePool(workers int) {
    for i := 0; i < workers; i++ {
        go func(id int) {
            defer runtime.Goexit()
            // Worker logic
        }(i)
    }
}
GoroutinePool(3)
fmt.Println(runtime.NumGoroutine())
for range 5 {
    runtime.Gosched()
}
fmt.Println(runtime.NumGoroutine())
"#;
    assert_eq!(lines("pool", script), ["4", "1"]);
}

#[test]
fn memory_profiling() {
    let script = r#"func StartMemoryProfiling() {
    runtime.MemProfileRate = 1
    // Enable memory profiling
}
StartMemoryProfiling()
keep := make([]byte, 1000)
n, ok := runtime.MemProfile(nil, true)
fmt.Println(n > 0, ok, len(keep))
"#;
    assert_eq!(lines("profiling", script), ["true false 1000"]);
}
