//! temp
fn main() {
    let s: seal_model::scenario::Scenario = std::env::args().nth(1).expect("scenario").parse().expect("ok");
    let claims: Vec<_> = seal_model::claim::Claim::ALL.into_iter().filter(|c| c.concerns(s.strategy.method())).collect();
    let t = std::time::Instant::now();
    let sys = seal_checks::explore::system::System::new(&s).expect("compiles");
    println!("compiled {:?} {:?} bits {}", t.elapsed(), sys.automata.iter().map(|a| a.locations.len()).collect::<Vec<_>>(), sys.layout.bits);
    let r = seal_checks::verdict::decide(&s, &seal_checks::explore::Job { claims: &claims, max_memory: 8 << 30, progress: None }).expect("ok");
    for (c, v) in &r.verdicts { println!("{} {}", c.name(), v); }
    println!("{:?} {:.2} M/s {:.1} B/state", r.figures, r.figures.states as f64 / r.figures.elapsed.as_secs_f64() / 1e6, r.figures.bytes as f64 / r.figures.states as f64);
}
