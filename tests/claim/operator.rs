//! An operator of the portal with a browser: logs in and presses buttons.

use form_urlencoded::Serializer;
use ureq::Agent;
use ureq::http::Request;
use ureq::tls::TlsConfig;

pub(crate) const PASSWORD: &str = "a password of the tests";

#[derive(Clone)]
pub(crate) struct Operator {
    agent: Agent,
    url: String,
    cookie: String,
    csrf: String,
}

struct Answer {
    status: u16,
    cookie: String,
    text: String,
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text}"));
    rest.split_once(after).unwrap().0
}

impl Operator {
    pub(crate) async fn login(url: &str, name: &str) -> Self {
        // What the certificate is worth is the camera's matter here.
        let trusts = TlsConfig::builder().disable_verification(true).build();
        let config = Agent::config_builder()
            .tls_config(trusts)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(0)
            .build();
        let mut operator =
            Self { agent: config.into(), url: url.to_owned(), cookie: String::new(), csrf: String::new() };
        let answer = operator.send("/login", &[("name", name), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        operator.cookie = answer.cookie.split(';').next().unwrap().to_owned();
        let page = operator.get("/audit").await.text;
        operator.csrf = between(&page, "name=\"csrf\" value=\"", "\"").to_owned();
        operator
    }

    async fn ask(&self, method: &str, path: &str, body: String) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .header("origin", &self.url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .unwrap();
        let agent = self.agent.clone();
        let asked = move || {
            let mut answer = agent.run(request).unwrap();
            let cookie = answer.headers().get("set-cookie").map_or("", |value| value.to_str().unwrap()).to_owned();
            Answer { status: answer.status().as_u16(), cookie, text: answer.body_mut().read_to_string().unwrap() }
        };
        tokio::task::spawn_blocking(asked).await.unwrap()
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, String::new()).await
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask("POST", path, Serializer::new(String::new()).extend_pairs(fields).finish()).await
    }

    async fn press(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(path, &[fields, &[("csrf", self.csrf.as_str())]].concat()).await;
        assert!([200, 303].contains(&answer.status), "{path}: {} {}", answer.status, answer.text);
        answer.text
    }

    pub(crate) async fn claim(&self, code: &str) {
        self.press("/claim", &[("code", code)]).await;
    }

    pub(crate) async fn wish(&self, device: &str, wish: &str, fields: &[(&str, &str)]) {
        self.press(&format!("/devices/video/{device}/wish/{wish}"), fields).await;
    }

    pub(crate) async fn release(&self, device: &str, claim: &str) {
        self.press(&format!("/devices/video/{device}/release"), &[("claim", claim)]).await;
    }

    pub(crate) async fn confirm(&self, device: &str) {
        self.press(&format!("/devices/video/{device}/confirm"), &[]).await;
    }

    /// The portal's page of a camera.
    pub(crate) async fn page(&self, device: &str) -> String {
        self.get(&format!("/devices/video/{device}")).await.text
    }

    /// The passwords of the camera's account, each with what the portal calls it.
    pub(crate) async fn passwords(&self, device: &str) -> Vec<(String, String)> {
        let page = self.press(&format!("/devices/video/{device}/reveal"), &[("what", "password")]).await;
        let secrets = page.split("<div class=\"secret\"><dt>").skip(1);
        let secret =
            |text: &str| (text.split('<').next().unwrap().to_owned(), between(text, "<code>", "</code>").to_owned());
        secrets.map(secret).collect()
    }

    /// What the portal's list says of each camera.
    pub(crate) async fn csv(&self) -> String {
        self.get("/devices/video.csv").await.text
    }

    /// The panel of a camera.
    pub(crate) async fn panel(&self, device: &str) -> String {
        self.get(&format!("/devices/video/{device}")).await.text
    }

    /// The passphrase for a camera's cards.
    pub(crate) async fn passphrase(&self, device: &str) -> String {
        let page = self.press(&format!("/devices/video/{device}/reveal"), &[("what", "passphrase")]).await;
        between(between(&page, "<p class=\"secret\">", "</p>"), "<code>", "</code>").to_owned()
    }

    pub(crate) async fn token(&self) -> String {
        let page = self.press("/advance/tokens", &[("many", "1")]).await;
        between(&page, "<pre class=\"tokens\">", "\n").to_owned()
    }

    pub(crate) async fn approve(&self, serial: &str) {
        self.press("/advance/serials", &[("serials", serial)]).await;
    }
}
