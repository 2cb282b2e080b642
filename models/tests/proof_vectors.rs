//! RandomX against its published test vectors.
#![cfg(test)]

use std::sync::Arc;

use zartrux_models::proof::{
    Cache, Features, Pages, ProofError, Version, Vm, check_link, knows_v2, self_test,
};
use zartrux_models::work::{ResultHash, SeedHash};

const LOREM: &str = "Lorem ipsum dolor sit amet";
const SED: &str = "sed do eiusmod tempor incididunt ut labore et dolore magna aliqua";
const BLOB: &str = "0b0b98bea7e805e0010a2126d287a2a0cc833d312cb786385a7c2f9de69d25537f584a9bc9977b00000000666fd8753bf61a8631f12984e3fd44f4014eca629276817b56f32e9b68bd82f416";

fn light(key: &[u8]) -> Vm {
    let cache = Cache::for_key(key, Pages::PreferLarge).unwrap();
    Vm::light(cache, Version::V1, Pages::PreferLarge).unwrap()
}

fn hash(vm: &mut Vm, input: &[u8]) -> String {
    vm.hash(input).as_result().to_string()
}

#[test]
fn the_published_vectors_are_reproduced_across_a_change_of_seed() {
    let mut vm = light(b"test key 000");
    assert_eq!(
        hash(&mut vm, b"This is a test"),
        "639183aae1bf4c9a35884cb46b09cad9175f04efd7684e7262a0ac1c2f0b4e3f"
    );
    assert_eq!(
        hash(&mut vm, LOREM.as_bytes()),
        "300a0adb47603dedb42228ccb2b211104f4da45af709cd7547cd049e9489c969"
    );
    assert_eq!(
        hash(&mut vm, SED.as_bytes()),
        "c36d4ed4191e617309867ed66a443be4075014e2b061bcdaf9ce7b721d2b77a8"
    );

    vm.set_cache(Cache::for_key(b"test key 001", Pages::Ordinary).unwrap())
        .unwrap();
    assert_eq!(
        hash(&mut vm, SED.as_bytes()),
        "e9ff4503201c0c2cca26d285c93ae883f9b1d30c9eb240b820756f2d5a7905fc"
    );
    assert_eq!(
        hash(&mut vm, &const_hex::decode(BLOB).unwrap()),
        "c56414121acda1713c2f2a819d8ae38aed7c80c35c2a769298d34f03833cd5f1"
    );
}

/// A program that negates the most negative immediate (`ISUB_R`), which the library's compilers
/// once got wrong. The published key is of 31 bytes.
#[test]
fn the_edge_case_of_the_negated_immediate_is_right() {
    let key = "7797373ea4633194640bf8d8c3b66724d6aa7bd2dc20e009df2f8f1710abe8";
    let blob = "1010e1eaf8cf067b37b5f0ee031ab23ed1755e090a3af4415830145853e2be3e1f6821fed84dae58d00e00da5214d6c1f2d0622e0abd51f9373d04e0b0f8e6d6514d90689721c4aac5a9bb0d";
    let mut vm = light(&const_hex::decode(key).unwrap());
    assert_eq!(
        hash(&mut vm, &const_hex::decode(blob).unwrap()),
        "78af2a1864c42abce36d2e8983e13df99b2af0ce1362999af09fab004d4435a8"
    );
}

#[test]
fn a_machine_knows_its_seed() {
    let seed = SeedHash::new([7; 32]);
    let cache = Cache::for_seed(&seed, Pages::Ordinary).unwrap();
    let vm = Vm::light(Arc::clone(&cache), Version::V1, Pages::Ordinary).unwrap();
    assert!(cache.is_for(&seed) && vm.is_for(&seed));
    assert!(!vm.is_for(&SeedHash::new([8; 32])));
    assert!(!vm.is_fast());
    assert_eq!(vm.jit(), Features::detect().jit());
}

#[test]
fn a_machine_outlives_the_handle_of_its_cache() {
    let cache = Cache::for_key(b"test key 000", Pages::Ordinary).unwrap();
    let mut vm = Vm::light(Arc::clone(&cache), Version::V1, Pages::Ordinary).unwrap();
    let before = vm.hash(b"");
    drop(cache);
    assert_eq!(vm.hash(b""), before);
}

#[test]
fn a_wrong_claim_yields_the_evidence_against_it() {
    let computed = light(b"test key 000").hash(b"This is a test");
    assert_eq!(computed.check(&computed.as_result()), Ok(()));

    let mut claimed = *computed.as_result().as_bytes();
    claimed[31] ^= 1;
    let claimed = ResultHash::new(claimed);
    let mismatch = computed.check(&claimed).unwrap_err();
    assert_eq!(
        (mismatch.claimed(), mismatch.computed()),
        (claimed, computed)
    );
    assert!(!computed.matches(&claimed));
}

#[test]
fn the_computed_hash_of_a_version_2_share_would_be_its_commitment() {
    let raw = light(b"test key 000").hash(b"This is a test").as_result();
    let result = "d53ccf348b75291b7be76f0a7ac8208bbced734b912f6fca60539ab6f86be919";
    let result = ResultHash::from_hex(result).unwrap();
    assert_eq!(
        check_link(b"This is a test", raw.as_bytes(), &result),
        Ok(())
    );
}

#[test]
fn the_self_test_passes_and_version_2_is_offered_only_if_it_is_known() {
    assert_eq!(self_test(), Ok(()));
    let cache = Cache::for_key(b"test key 000", Pages::Ordinary).unwrap();
    let made = Vm::light(cache, Version::V2, Pages::Ordinary);
    if knows_v2() {
        assert_eq!(
            hash(&mut made.unwrap(), LOREM.as_bytes()),
            "9e2c772c12fd48f93c14c97fdc89d556264d9100597023f44d9163e279012ecf"
        );
    } else {
        assert_eq!(made.unwrap_err(), ProofError::NoVersion2);
    }
}
