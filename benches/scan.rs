//! Library benches, in bytes a second.
fn main() {
    divan::main();
}
