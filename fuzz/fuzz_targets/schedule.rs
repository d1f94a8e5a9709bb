//! Scenario and schedule from bytes, over the repaired strategies: a broken claim is a crash.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use seal_checks::walk::Walker;

thread_local! {
    static WALKER: RefCell<Walker> = RefCell::default();
}

fuzz_target!(|bytes: &[u8]| {
    match WALKER.with_borrow_mut(|walker| walker.walk(bytes)) {
        Ok(None) => {}
        Ok(Some(broken)) => {
            panic!("{} is broken: sealcheck replay '{}'", broken.claim.name(), broken.schedule)
        }
        Err(error) => panic!("{error}"),
    }
});
