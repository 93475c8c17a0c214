#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    signet_didcomm_fuzz::from_prior::from_prior(bytes);
});
