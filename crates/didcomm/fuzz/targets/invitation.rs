#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    signet_didcomm_fuzz::invitation::invitation(bytes);
});
