//! The `vestibule` command.

// Pages make many small allocations. Sketches of this work took 0.7 to 0.85 of the CPU time with it, and more memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    vestibule::cli::main()
}
