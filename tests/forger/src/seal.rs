//! Sealing what ours would not: any header, any sender, any recipients.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::key_wrap::{AES_256 as WRAP, AesKek, KeyWrap};
use serde_json::{Map, Value, json};
use signet_didcomm::Document;

use crate::{Person, b64, unb64};

/// What to seal, and how.
#[derive(Clone)]
pub struct Forgery {
    /// The content cipher: `A256GCM`, or A256CBC-HS512 under any other name.
    pub enc: &'static str,
    /// Whose scalar seals, and under which name; `None` for anoncrypt.
    pub sender: Option<([u8; 32], String)>,
    /// The names of the recipients' keys, and the X25519 points.
    pub recipients: Vec<(String, [u8; 32])>,
    /// Members that replace or join those of the protected header; `null` removes one.
    pub header: Value,
    /// What enters the derivation instead of the right hash.
    pub apv: Option<Vec<u8>>,
    /// The header says `"apu": null`, as one published vector does.
    pub null_apu: bool,
}

impl Forgery {
    /// From nobody, for all X25519 keys of the document.
    pub fn to(document: &Document) -> Self {
        let keys = document.agreement_keys();
        Self {
            enc: "A256CBC-HS512",
            sender: None,
            recipients: keys
                .filter_map(|(kid, key)| Some((kid.to_string(), key.to_bytes().try_into().ok()?)))
                .collect(),
            header: json!({}),
            apv: None,
            null_apu: false,
        }
    }

    /// From nobody.
    pub fn anoncrypt(to: &Person) -> Self {
        Self::to(&to.document)
    }

    /// From `from`, whose key is in no doubt.
    pub fn authcrypt(from: &Person, to: &Person) -> Self {
        Self::to(&to.document).by(from)
    }

    /// From `from`.
    pub fn by(mut self, from: &Person) -> Self {
        self.sender = Some((from.scalar, from.kid("ka")));
        self
    }

    /// With these members in the protected header; `null` removes one.
    pub fn header(mut self, header: Value) -> Self {
        self.header = header;
        self
    }

    /// Seals; the envelope opens if the reader checks nothing.
    ///
    /// # Panics
    /// If a point has low order.
    pub fn seal(&self, plaintext: impl AsRef<[u8]>) -> Value {
        let ephemeral = PrivateKey::from_private_key(&X25519, &[77; 32]).unwrap();
        let epk = ephemeral.compute_public_key().unwrap();
        let mut kids: Vec<&str> = self.recipients.iter().map(|(kid, _)| &**kid).collect();
        kids.sort_unstable();
        let right = digest(&SHA256, kids.join(".").as_bytes());
        let apv = self.apv.clone().unwrap_or_else(|| right.as_ref().to_vec());
        let alg = match self.sender {
            Some(_) => "ECDH-1PU+A256KW",
            None => "ECDH-ES+A256KW",
        };
        let mut header = Map::new();
        header.insert("typ".into(), "application/didcomm-encrypted+json".into());
        header.insert("alg".into(), alg.into());
        header.insert("enc".into(), self.enc.into());
        header.insert("apv".into(), b64(&apv).into());
        header.insert(
            "epk".into(),
            json!({"kty": "OKP", "crv": "X25519", "x": b64(epk.as_ref())}),
        );
        if let Some((_, skid)) = &self.sender {
            header.insert("skid".into(), skid.clone().into());
            header.insert("apu".into(), b64(skid).into());
        }
        for (name, value) in self.header.as_object().unwrap() {
            match value {
                Value::Null => header.remove(name),
                value => header.insert(name.clone(), value.clone()),
            };
        }
        if self.null_apu {
            header.insert("apu".into(), Value::Null);
        }
        let apu = header.get("apu").and_then(Value::as_str);
        let apu = apu.map(unb64).unwrap_or_default();
        let protected = b64(serde_json::to_vec(&header).unwrap());
        let (cek, iv) = ([5_u8; 64], [6_u8; 16]);
        let (ciphertext, iv, tag, cek) = encrypt(
            self.enc,
            &cek,
            &iv,
            protected.as_bytes(),
            plaintext.as_ref(),
        );

        let recipients: Vec<Value> = self
            .recipients
            .iter()
            .map(|(kid, public)| {
                let mut z = dh(&ephemeral, public);
                if let Some((scalar, _)) = &self.sender {
                    let sender = PrivateKey::from_private_key(&X25519, scalar).unwrap();
                    z.extend(dh(&sender, public));
                }
                let bound = self.sender.is_some().then_some(&tag[..]);
                let kek = concat_kdf(&z, alg, &apu, &apv, bound);
                json!({"header": {"kid": kid}, "encrypted_key": b64(wrap(&kek, cek))})
            })
            .collect();
        json!({"protected": protected, "recipients": recipients, "iv": b64(iv),
               "ciphertext": b64(ciphertext), "tag": b64(tag)})
    }
}

fn dh(ours: &PrivateKey, theirs: &[u8; 32]) -> Vec<u8> {
    let theirs = UnparsedPublicKey::new(&X25519, theirs);
    agree(ours, theirs, (), |z| Ok(z.to_vec())).unwrap()
}

fn concat_kdf(z: &[u8], alg: &str, apu: &[u8], apv: &[u8], tag: Option<&[u8]>) -> Vec<u8> {
    let field = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    let mut input = [&[0, 0, 0, 1][..], z, &field(alg.as_bytes())].concat();
    input.extend([field(apu), field(apv), 256_u32.to_be_bytes().to_vec()].concat());
    input.extend(tag.map(field).unwrap_or_default());
    digest(&SHA256, &input).as_ref().to_vec()
}

fn wrap(kek: &[u8], cek: &[u8]) -> Vec<u8> {
    let mut out = vec![0; cek.len() + 8];
    let kek = AesKek::new(&WRAP, kek).unwrap();
    kek.wrap(cek, &mut out).unwrap();
    out
}

type Sealed<'a> = (Vec<u8>, Vec<u8>, Vec<u8>, &'a [u8]);

fn encrypt<'a>(enc: &str, cek: &'a [u8], iv: &[u8; 16], aad: &[u8], text: &[u8]) -> Sealed<'a> {
    let mut out = text.to_vec();
    if enc != "A256CBC-HS512" {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &cek[..32]).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&iv[..12]).unwrap();
        let tag = key
            .seal_in_place_separate_tag(nonce, Aad::from(aad), &mut out)
            .unwrap();
        return (out, iv[..12].to_vec(), tag.as_ref().to_vec(), &cek[..32]);
    }
    let key = UnboundCipherKey::new(&AES_256, &cek[32..]).unwrap();
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).unwrap();
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    key.less_safe_encrypt(&mut out, context).unwrap();
    let bits = (aad.len() as u64 * 8).to_be_bytes();
    let input = [aad, iv, &out, &bits].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, &cek[..32]), &input);
    (out, iv.to_vec(), tag.as_ref()[..32].to_vec(), cek)
}
