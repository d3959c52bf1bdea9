//! Holds every answer that a test's camera gets, and every request that was taken, against `src/portal/openapi.yaml`.

use std::cell::RefCell;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde_json::Value;

use crate::camera::Answer;

struct Contract {
    text: Value,
    compiler: Compiler,
    schemas: Schemas,
    known: HashMap<String, SchemaIndex>,
}

// One for each thread, that is for each test: the library's compiler stays in its thread.
thread_local! {
    static CONTRACT: RefCell<Contract> = RefCell::new(Contract::read());
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl Contract {
    fn read() -> Self {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/portal/openapi.yaml");
        let text: Value = serde_yaml_ng::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.add_resource("contract", text.clone()).unwrap();
        Self { text, compiler, schemas: Schemas::new(), known: HashMap::new() }
    }

    /// The place that `pointer` leads to, through one reference if there is one.
    fn follow(&self, pointer: &str) -> Option<String> {
        let found = self.text.pointer(pointer)?;
        let referred = found.get("$ref").and_then(Value::as_str);
        Some(referred.map_or_else(|| pointer.to_owned(), |referred| referred.trim_start_matches('#').to_owned()))
    }

    fn check(&mut self, pointer: &str, value: &Value, what: &str) {
        if !self.known.contains_key(pointer) {
            // A schema's place is a part of an address: what may not stand in one is written otherwise.
            let place = format!("contract#{}", pointer.replace('{', "%7B").replace('}', "%7D"));
            let index = self.compiler.compile(&place, &mut self.schemas).unwrap_or_else(|e| panic!("{place}: {e:#}"));
            self.known.insert(pointer.to_owned(), index);
        }
        if let Err(fault) = self.schemas.validate(value, self.known[pointer]) {
            panic!("{what} does not fit the contract: {fault:#}\n{value:#}");
        }
    }

    /// The path as the contract writes it.
    fn path(&self, path: &str) -> String {
        let mut parts: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
        if path.starts_with("/v1/devices/") {
            parts[3] = "{device_id}";
        }
        parts.join("/")
    }

    fn holds(&mut self, method: &str, path: &str, body: &[u8], answer: &Answer) {
        let what = format!("{method} {path}: {}", answer.status);
        let operation = format!("/paths/{}/{}", escaped(&self.path(path)), method.to_lowercase());
        let response = self.follow(&format!("{operation}/responses/{}", answer.status));
        let response = response.unwrap_or_else(|| panic!("{what} is not in the contract: {answer:?}"));
        for (name, header) in
            self.text.pointer(&format!("{response}/headers")).unwrap_or(&Value::Null).as_object().into_iter().flatten()
        {
            let header = header["$ref"].as_str().map_or(header, |place| self.text.pointer(&place[1..]).unwrap());
            assert!(header["required"] != true || !answer.header(name).is_empty(), "{what} lacks {name}");
        }
        let content = self.text.pointer(&format!("{response}/content")).cloned();
        let Some(content) = content else {
            assert_eq!(answer.text, "", "{what} has a body");
            return;
        };
        let kind = answer.header("content-type").split(';').next().unwrap().to_owned();
        assert!(content.get(&kind).is_some(), "{what} is {kind}, which is not in the contract");
        let place = format!("{response}/content/{}", escaped(&kind));
        if kind == "application/jose" {
            self.check(&format!("{place}/schema"), &answer.text.clone().into(), &what);
            let payload = URL_SAFE_NO_PAD.decode(answer.text.split('.').nth(1).unwrap()).unwrap();
            self.check(&format!("{place}/x-payload"), &serde_json::from_slice(&payload).unwrap(), &what);
        } else {
            self.check(&format!("{place}/schema"), &answer.json(), &what);
        }
        if answer.status < 300 && !body.is_empty() {
            let place = format!("{operation}/requestBody/content/application~1json/schema");
            self.check(&place, &serde_json::from_slice(body).unwrap(), &format!("the body of {what}"));
        }
    }
}

/// Holds one exchange against the contract.
pub(crate) fn holds(method: &str, path: &str, body: &[u8], answer: &Answer) {
    CONTRACT.with_borrow_mut(|contract| contract.holds(method, path, body, answer));
}
