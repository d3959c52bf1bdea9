//! What the organisation wishes, signed; its secrets sealed to the key that asks.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::clock::{self, Moment};
use crate::jwk::Jwk;
use crate::keys::Keys;
use crate::portal::{BODY_BYTES, Portal};
use crate::problem::{Kind, Problem};
use crate::sealed::{self, Purpose};
use crate::store::wishes::{self, Kept, Wishes};
use crate::store::{Fault, claims};

use super::claims::sign;
use super::shown::{self, Known};

pub(crate) async fn get(
    State(portal): State<Arc<Portal>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let Known { device, shown, .. } = shown::know(&portal, &id, request, BODY_BYTES).await?;
    let (now, device_id) = (clock::now(), device.id.clone());
    let wishes = portal.store.read(move |connection| wishes::of(connection, &device_id, now)).await?;
    let wishes = wishes.ok_or_else(|| Problem::new(Kind::NotFound, "there is no claim"))?;
    let mut document = document(&portal.keys, &device.id, &shown.proof.key, &wishes, now)?;
    document.insert("key_id".into(), json!(shown.proof.key_id));
    document.insert("answers".into(), json!(shown.proof.jti));
    let signed = sign(&portal, "c2c-desired+jwt", &Value::Object(document))?;
    Ok(([(header::CONTENT_TYPE, "application/jose")], signed).into_response())
}

fn document(keys: &Keys, device: &str, key: &Jwk, wishes: &Wishes, now: Moment) -> Result<Map<String, Value>, Fault> {
    let sealed = |kept: &Kept| -> Result<Value, Fault> {
        let secret = claims::kept(keys, &kept.sealed, &wishes.claim_id, kept.generation)?;
        let aad = sealed::bound(device, &wishes.claim_id, kept.generation);
        let sealed = sealed::seal(&secret, key, Purpose::CardPassphrase, &aad)?;
        Ok(json!({ "generation": kept.generation, "sealed": sealed }))
    };
    let decisions = wishes.decisions.iter().map(|it| {
        let age = now.saturating_sub(it.made).max(0);
        json!({ "decision_id": it.id, "presence": it.presence, "choice": it.choice, "age_seconds": age })
    });
    let mut card = json!({
        "prepare": wishes.prepare,
        "passphrase": sealed(&wishes.passphrase)?,
        "decisions": decisions.collect::<Vec<_>>(),
    });
    if let (Some(previous), Some(card)) = (&wishes.previous, card.as_object_mut()) {
        card.insert("previous".into(), sealed(previous)?);
    }
    let notices = wishes.notices.iter().map(|it| {
        let mut notice = json!({ "notice_id": it.id, "severity": it.severity, "text": it.text });
        if let (Some(until), Some(notice)) = (it.until, notice.as_object_mut()) {
            notice.insert("until".into(), json!(clock::written(until)));
        }
        notice
    });
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| _ = document.insert(name.to_owned(), value);
    put("device_id", json!(device));
    put("claim_id", json!(wishes.claim_id));
    put("generation", json!(wishes.generation));
    put("name", json!(wishes.name));
    put("card", card);
    put("notices", notices.collect());
    put("report", json!({ "interval_seconds": wishes.report_seconds }));
    put("key", json!({ "generation": wishes.key_generation }));
    if let Some(account) = &wishes.account {
        let (group, generation, days) = (&account.group, account.generation, account.days);
        put("account", json!({ "group": group, "generation": generation, "rotate_days": days }));
    }
    Ok(document)
}
