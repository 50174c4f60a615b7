//! The `vestibule` command.

// Pages make many small allocations; measured at 0.7 to 0.85 of the CPU time of the system allocator in rewriting.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    vestibule::cli::main()
}
