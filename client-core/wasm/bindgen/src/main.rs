//! Makes the JavaScript and TypeScript side of a wasm file: `wasm-bindgen-runner IN.wasm OUT_DIR`.
//! A crate of the workspace, so that its version is the one in `Cargo.lock` and nothing is downloaded.

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(input), Some(out)) = (args.next(), args.next()) else {
        anyhow::bail!("usage: wasm-bindgen-runner IN.wasm OUT_DIR");
    };
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(input)
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out)
}
