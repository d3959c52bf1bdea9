//! A proxy that opens TLS, and that the camera trusts.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use c2c::portal::Wanted;
use c2c::portal::wishes::Standing;
use c2c::snapshot::Claim;
use c2c::snapshot::claim::Kind;
use serde_json::Value;

use crate::answers::claimed_through;
use crate::is_claimed;
use crate::middle::Act;
use crate::stage::{Camera, obstacle};

/// A signed document with other content under the same signature.
fn forged(document: &str, change: impl Fn(&mut Value)) -> String {
    let parts: Vec<_> = document.trim().split('.').collect();
    let mut claims: Value = serde_json::from_slice(&BASE64.decode(parts[1]).unwrap()).unwrap();
    change(&mut claims);
    format!("{}.{}.{}", parts[0], BASE64.encode(claims.to_string()), parts[2])
}

async fn passphrase(camera: &Camera) -> String {
    let begun = Instant::now();
    loop {
        if let Standing::Claimed(wishes) = camera.standing() {
            if let Some(opened) = wishes.card.as_ref().and_then(|card| card.passphrase.as_ref()) {
                return opened.passphrase.as_ref().unwrap().expose().to_owned();
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "no passphrase is wished");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

type Change = Arc<dyn Fn(&str, String) -> String + Send + Sync>;
type Answers = Arc<Mutex<Vec<(String, String)>>>;

/// What he makes of the portal's answers; the last one keeps them, to give old ones.
fn changes(keeps: Answers) -> [(&'static str, Change); 5] {
    let erase = |claims: &mut Value| {
        claims["card"]["decisions"] =
            serde_json::json!([{ "decision_id": "1", "presence": "p", "choice": "erase", "age_seconds": 0 }]);
    };
    [
        (
            "a forged erase",
            Arc::new(move |path, text| if path.ends_with("/desired") { forged(&text, erase) } else { text }),
        ),
        (
            "a forged release",
            Arc::new(|path, text| {
                let none = |claims: &mut Value| claims["claims"] = serde_json::json!([]);
                if path.ends_with("/claims") { forged(&text, none) } else { text }
            }),
        ),
        (
            "a key of his own",
            Arc::new(|path, text| {
                let his = |claims: &mut Value| claims["signing_keys"] = serde_json::json!([]);
                if path.ends_with("/claims") { forged(&text, his) } else { text }
            }),
        ),
        (
            "another camera's id",
            Arc::new(|path, text| {
                let Ok(mut answer) = serde_json::from_str::<Value>(&text) else { return text };
                if path.ends_with("/v1/devices") {
                    answer["device_id"] = "another".into();
                }
                answer.to_string()
            }),
        ),
        (
            "an answer of before",
            Arc::new(move |path, text| {
                let mut kept = keeps.lock().unwrap();
                let old = kept.iter().find(|(of, _)| of == path).map(|(_, text)| text.clone());
                kept.push((path.to_owned(), text.clone()));
                if path.ends_with("/claims") { old.unwrap_or(text) } else { text }
            }),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_inspects_sees_no_passphrase_and_what_he_forges_or_repeats_counts_nothing() {
    let (_portal, middle, mut camera, ada) = claimed_through().await;
    let Claim::Claimed { device_id: device, .. } = camera.claim() else { panic!("it is claimed") };
    ada.wish(&device, "passphrase", &[]).await;
    let passphrase = passphrase(&camera).await;
    let seen = middle.seen();
    assert!(seen.contains("/desired") && seen.contains("PUT /v1"), "he sees everything that goes through");
    assert!(passphrase.len() >= 16 && !seen.contains(&passphrase) && !seen.contains(&BASE64.encode(&passphrase)));

    let kept = Answers::default();
    for (what, change) in changes(Arc::clone(&kept)) {
        middle.act(Act::Change(change));
        // So that there is something to ask for.
        ada.wish(&device, "name", &[("name", what)]).await;
        if what == "an answer of before" {
            camera.order(Wanted::TestAgain).await.unwrap();
            let begun = Instant::now();
            while !kept.lock().unwrap().iter().any(|(path, _)| path.ends_with("/claims")) {
                assert!(begun.elapsed() < Duration::from_secs(30), "no first answer");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        camera.order(Wanted::TestAgain).await.unwrap();
        camera.until(what, |claim| obstacle(claim) == Some(Kind::Unsigned)).await;
        assert!(matches!(camera.claim(), Claim::Claimed { .. }), "{what}");
        let Standing::Claimed(wishes) = camera.standing() else { panic!("{what}: the wishes hold") };
        let card = wishes.card.as_ref().unwrap();
        assert!(card.decisions.is_empty() && card.passphrase.as_ref().unwrap().passphrase.is_ok(), "{what}");
        middle.act(Act::Pass);
        camera.order(Wanted::TestAgain).await.unwrap();
        camera.until("it goes on", is_claimed).await;
    }
}
