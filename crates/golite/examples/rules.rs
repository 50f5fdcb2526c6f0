//! Rules in Go for a program in Rust: a function of a script is called with a struct and gives a list.
//!
//! `cargo run -p golite --example rules`

use golite::embed::{Error, Options, Program, Value};

/// What a shop owner may write: it can compute, and nothing else.
const RULES: &str = r#"
type Order struct {
	Customer string
	Total    float64
	Items    []string
}

func Discounts(order Order) []string {
	var given []string
	if order.Total > 100 {
		given = append(given, "large order")
	}
	if slices.Contains(order.Items, "tea") && strings.HasPrefix(order.Customer, "A") {
		given = append(given, "tea for "+order.Customer)
	}
	return given
}

func Check(total float64) (float64, error) {
	if total < 0 {
		return 0, fmt.Errorf("a total of %.2f", total)
	}
	return math.Round(total), nil
}
"#;

fn order(customer: &str, total: f64, items: &[&str]) -> Value {
    let items = items.iter().map(|item| Value::String((*item).into())).collect();
    Value::Struct(vec![
        ("Customer".into(), Value::String(customer.into())),
        ("Total".into(), Value::Float(total)),
        ("Items".into(), Value::List(items)),
    ])
}

/// Applies the rules; gives what there is to tell.
pub fn run() -> Result<String, Error> {
    let program = Program::compile("rules.go-lite", RULES)?;
    let mut vm = program.vm(Options::new().max_memory(32 << 20).max_steps(10_000_000))?;
    let mut told = String::new();
    for order in [order("Ann", 120.0, &["tea"]), order("Bob", 20.0, &["tea", "cups"])] {
        let discounts: Vec<String> = vm.call("Discounts", (order,))?;
        told += &format!("{discounts:?}\n");
    }
    told += &format!("{}\n", vm.call::<f64>("Check", (19.6,))?);
    // An error of Go is an error of the call.
    if let Err(Error::Returned(text)) = vm.call::<f64>("Check", (-1.0,)) {
        told += &format!("refused: {text}\n");
    }
    Ok(told)
}

/// What `run` tells.
pub const TOLD: &str = r#"["large order", "tea for Ann"]
[]
20
refused: a total of -1.00
"#;

#[allow(dead_code, reason = "tests call `run`")]
fn main() -> Result<(), Error> {
    print!("{}", run()?);
    Ok(())
}
