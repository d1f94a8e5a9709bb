//! What the README and the book show is what the program says. `UPDATE_EXPECT=1` brings it up to date.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Pages are brought up to date by one test at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// The text between `<!-- quoted: NAME -->` and `<!-- end -->` in a file of the checkout.
pub(crate) fn assert_shown(file: &str, name: &str, text: &str) {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let page = fs::read_to_string(&path).expect("the file is part of the checkout");
    let mark = format!("<!-- quoted: {name} -->\n");
    let (before, rest) = page.split_once(&mark).unwrap_or_else(|| panic!("{file} quotes no {name}"));
    let (shown, after) = rest.split_once("\n<!-- end -->").expect("the quotation ends");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let page = format!("{before}{mark}{text}\n<!-- end -->{after}");
        fs::write(&path, page).expect("the checkout is writable");
    } else {
        let how = "UPDATE_EXPECT=1 cargo test --release --test suite -- docs:: review:: export:: coverage::";
        assert!(shown == text, "{file} shows another {name}: {how}\n{text}");
    }
}

/// The same for output of the program.
pub(crate) fn assert_quoted(file: &str, name: &str, text: &str) {
    assert_shown(file, name, &format!("```text\n{}\n```", text.trim_end()));
}
