//! An operator with a browser that has no JavaScript: logs in, reads pages, presses buttons.

use form_urlencoded::Serializer;
use ureq::http::Request;

use crate::camera::{Answer, ask};
use crate::stage::{PASSWORD, Stage};

pub(crate) struct Operator {
    url: String,
    cookie: String,
    csrf: String,
}

pub(crate) fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

/// What stands between two texts.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text}"));
    rest.split_once(after).unwrap().0
}

pub(crate) fn send(url: &str, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method("POST").uri(format!("{url}{path}"));
    request = request.header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    ask(request.body(form(fields)).unwrap())
}

impl Operator {
    pub(crate) fn login(stage: &Stage, name: &str) -> Self {
        let url = stage.url();
        let answer = send(&url, "/login", &[("name", name), ("password", PASSWORD)], &[]);
        assert_eq!(answer.status, 303, "{answer:?}");
        let cookie = answer.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut operator = Self { url, cookie, csrf: String::new() };
        operator.csrf = between(&operator.page("/audit").text, r#"name="csrf" value=""#, "\"").to_owned();
        operator
    }

    pub(crate) fn page(&self, path: &str) -> Answer {
        ask(Request::builder()
            .uri(format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .body(Vec::new())
            .unwrap())
    }

    /// The stream that an open page follows.
    pub(crate) fn listen(&self) -> impl std::io::BufRead + use<> {
        let answer = ureq::get(format!("{}/events", self.url)).header("cookie", &self.cookie).call().unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        std::io::BufReader::new(answer.into_body().into_reader())
    }

    /// What a page says, without its markup.
    pub(crate) fn text(&self, path: &str) -> String {
        let answer = self.page(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        text(&answer.text)
    }

    pub(crate) fn press(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [fields, &[("csrf", self.csrf.as_str())]].concat();
        send(&self.url, path, &fields, &[("cookie", &self.cookie), ("origin", &self.url)])
    }

    /// Presses, and it works.
    pub(crate) fn press_well(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.press(path, fields);
        assert!(matches!(answer.status, 200 | 303), "{path}: {answer:?}");
        answer
    }

    pub(crate) fn wish(&self, device: &str, wish: &str, fields: &[(&str, &str)]) {
        self.press_well(&format!("/devices/video/{device}/wish/{wish}"), fields);
    }

    /// Sends a form with one file in it, as a browser writes it.
    pub(crate) fn upload(&self, path: &str, field: &str, file: &str) -> Answer {
        let csrf = format!("--b\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n", self.csrf);
        let head = format!("--b\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"list.csv\"\r\n");
        let body = format!("{csrf}{head}content-type: text/csv\r\n\r\n{file}\r\n--b--\r\n").into_bytes();
        let request =
            Request::builder().method("POST").uri(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        ask(request.header("content-type", "multipart/form-data; boundary=b").body(body).unwrap())
    }

    /// Enters a code, and the camera is the organisation's.
    pub(crate) fn claim(&self, code: &str) {
        let answer = self.press("/claim", &[("code", code)]);
        assert_eq!(answer.status, 303, "{answer:?}");
    }

    /// A form as somebody else's page would send it.
    pub(crate) fn press_from(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let fields = [fields, &[("csrf", self.csrf.as_str())]].concat();
        send(&self.url, path, &fields, &[headers, &[("cookie", self.cookie.as_str())]].concat())
    }

    /// A form without the session's token.
    pub(crate) fn press_without_token(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        send(&self.url, path, fields, &[("cookie", &self.cookie)])
    }
}

/// The words of a page.
pub(crate) fn text(markup: &str) -> String {
    let mut text = String::new();
    for piece in markup.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, words)| words));
        text.push(' ');
    }
    let text = text.replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
