//! The account `c2cadmin` on a camera behind a real Apache: the login that the portal shows opens the page, and a real kill
//! -9 in the midst of anything leaves no other.

use std::path::Path;
use std::time::{Duration, Instant};

use reference_portal::{NewOperator, Options, Running};
use rustix::process::Signal;
use tempfile::TempDir;
use url::form_urlencoded::Serializer;
use virtual_camera::users::{Action, Trouble};
use virtual_camera::visit::{Answer, Visitor};
use virtual_camera::{Account, Arch, Front, Os, VirtualCamera};

use crate::operator::{Operator, PASSWORD};
use crate::secrets::{is_nowhere, shapes};
use crate::world::{PAGE, PATIENCE, aside, get, install, package, send, snapshot, until};

const CLAIM: &str = "/local/c2c/control/claim";
const NAME: &str = "c2cadmin";

struct World {
    camera: VirtualCamera,
    _portal: Running,
    ada: Operator,
    device: String,
    _folder: TempDir,
}

async fn page(camera: &VirtualCamera) -> String {
    get(camera, Account::Root, CLAIM).await.text()
}

/// Presses a button of the administrator's page of the portal, once it is there.
async fn press(camera: &VirtualCamera, order: &str, fields: &[(&str, &str)]) -> Answer {
    let action = format!("action=\"{CLAIM}/{order}\"");
    until(camera, order, || async { page(camera).await.contains(&action) }).await;
    let page = page(camera).await;
    let form = page.split(&action).nth(1).unwrap();
    let token = form.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let body = Serializer::new(String::new()).append_pair("token", &token).extend_pairs(fields).finish();
    let (visitor, path) = (camera.visit(Account::Root), format!("{CLAIM}/{order}"));
    aside(move || visitor.post_form(&path, &body).unwrap()).await
}

impl World {
    /// A camera that is claimed.
    async fn new(state: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let portal = Options::new("127.0.0.1:0".parse().unwrap(), &folder.path().join("data"));
        let portal = reference_portal::start(portal).await.unwrap();
        let (name, organisation, password) = ("ada".to_owned(), "Alpha".to_owned(), PASSWORD.to_owned());
        portal.add_operator(NewOperator { name, organisation, password, sees_secrets: true }).await.unwrap();
        let url = portal.url().as_str().trim_end_matches('/').to_owned();
        let ada = Operator::login(&url, "ada").await;

        let camera = VirtualCamera::builder().front(Front::Apache).state(state).start().await.unwrap();
        install(&camera, package(Arch::native(), Os::V12_11)).await;
        camera.set_param("c2c", "LogLevel", "debug").unwrap();
        let answer = press(&camera, "confirm", &[("address", &url), ("ca", "")]).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let code = |page: &str| Some(page.split("class=\"user-code\">").nth(1)?.split('<').next()?.to_owned());
        until(&camera, "there is a code", || async { code(&page(&camera).await).is_some() }).await;
        ada.claim(&code(&page(&camera).await).unwrap()).await;
        let state = || async { snapshot(&camera).await["claim"]["state"] == "claimed" };
        until(&camera, "it is claimed", state).await;
        let device = snapshot(&camera).await["claim"]["device_id"].as_str().unwrap().to_owned();
        Self { camera, _portal: portal, ada, device, _folder: folder }
    }

    async fn wish(&self, wish: &str) {
        self.ada.wish(&self.device, wish, &[("group", "viewer"), ("days", "30")]).await;
    }

    /// The password that the portal shows as the only one, when the camera says that all is well.
    async fn password(&self, other_than: &[String]) -> String {
        let begun = Instant::now();
        loop {
            let shown = self.ada.passwords(&self.device).await;
            let account = snapshot(&self.camera).await["account"].clone();
            if let [(word, password)] = shown.as_slice() {
                if word == "Password" && account["state"] == "ready" && !other_than.contains(password) {
                    return password.clone();
                }
            }
            assert!(begun.elapsed() < PATIENCE, "{shown:?} {account}\n{}", self.camera.app_log("c2c"));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The status of the page with this password: by Digest over http, by Basic over https.
    async fn statuses(&self, password: &str) -> [u16; 2] {
        let visitors = [self.camera.url(), self.camera.https_url()].map(|url| Visitor::new(&url, NAME, password));
        aside(move || visitors.map(|visitor| visitor.get(PAGE).unwrap().status)).await
    }

    fn there(&self) -> Option<String> {
        self.camera.device().users().find(NAME).map(|there| there.password)
    }

    /// How far the app says that it is, in its file.
    fn stage(&self, state: &Path) -> String {
        let file = state.join("apps/c2c/localdata/account.json");
        let text = std::fs::read_to_string(&file).or_else(|_| find(state, "account.json")).unwrap_or_default();
        text.split("\"stage\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    }

    async fn kill(&self) {
        let pid = self.camera.app_pid("c2c");
        send(pid.unwrap(), Signal::KILL);
        assert!(self.camera.device().wait_for_pid("c2c", PATIENCE, |now| now.is_some() && now != pid).await);
        crate::world::wait_for_page(&self.camera).await;
    }
}

fn find(folder: &Path, name: &str) -> std::io::Result<String> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)?.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() && entry.file_name() == name => {
                    return std::fs::read_to_string(entry.path());
                }
                _ => {}
            }
        }
    }
    Err(std::io::ErrorKind::NotFound.into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_login_that_the_portal_shows_opens_the_page_until_the_next_one_and_is_in_nothing_that_the_app_leaves() {
    let state = tempfile::tempdir().unwrap();
    let world = World::new(state.path()).await;
    world.wish("account").await;
    let first = world.password(&[]).await;
    assert_eq!(world.statuses(&first).await, [200, 200], "known to the web server");
    let visitor = Visitor::new(&world.camera.url(), NAME, &first);
    let forms = aside(move || visitor.get(CLAIM).unwrap().status).await;
    assert!([401, 403].contains(&forms), "a viewer is no administrator: {forms}");

    world.wish("password").await;
    let second = world.password(std::slice::from_ref(&first)).await;
    assert_eq!(world.statuses(&first).await, [401, 401], "the old one");
    assert_eq!(world.statuses(&second).await, [200, 200], "the new one");
    for password in [&first, &second] {
        is_nowhere(&world.camera, state.path(), &shapes(password)).await;
    }

    let serial = snapshot(&world.camera).await["identity"]["value"]["serial"].as_str().unwrap().to_owned();
    let released = press(&world.camera, "release", &[("serial", &serial[serial.len() - 4..])]).await;
    assert_eq!(released.status, 303, "{}", released.text());
    until(&world.camera, "the account is gone", || async { world.there().is_none() }).await;
    until(&world.camera, "nobody is let in", || async { world.statuses(&second).await == [401, 401] }).await;
    world.camera.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_midst_of_each_step_the_app_ends_with_a_login_that_the_portal_shows() {
    let state = tempfile::tempdir().unwrap();
    let world = World::new(state.path()).await;
    let mut seen = Vec::new();
    for (action, wish) in [(Action::Add, "account"), (Action::Update, "password"), (Action::Remove, "no-account")] {
        for trouble in [Trouble::Stall, Trouble::Silent] {
            if action == Action::Remove || (action == Action::Add && !seen.is_empty()) {
                // Once more from a state in which there is something to do.
                let there = world.there();
                if action == Action::Add && there.is_some() {
                    world.wish("no-account").await;
                    until(&world.camera, "it is removed", || async { world.there().is_none() }).await;
                } else if action == Action::Remove && there.is_none() {
                    world.wish("account").await;
                    seen.push(world.password(&seen).await);
                }
            }
            let before = world.there();
            world.camera.device().users().trouble(action, trouble.clone());
            world.wish(wish).await;
            if trouble == Trouble::Silent {
                until(&world.camera, "it is done", || async { world.there() != before }).await;
            } else if action == Action::Remove {
                until(&world.camera, "it is being done", || async {
                    snapshot(&world.camera).await["account"]["state"] == "removing"
                })
                .await;
            } else {
                until(&world.camera, "it is written down", || async { world.stage(state.path()) == "changing" }).await;
            }
            let shown: Vec<_> = world.ada.passwords(&world.device).await.into_iter().map(|(_, shown)| shown).collect();
            seen.extend(shown);
            world.kill().await;
            if action == Action::Remove {
                until(&world.camera, "it is removed", || async { world.there().is_none() }).await;
                continue;
            }
            let password = world.password(&seen).await;
            assert_eq!(world.statuses(&password).await, [200, 200], "{action:?} {trouble:?}");
            assert_eq!(world.stage(state.path()), "confirmed");
            seen.push(password);
        }
    }
    assert!(world.ada.passwords(&world.device).await.len() < 2);
    world.camera.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_hands_over_an_account_of_that_name_with_a_form() {
    let state = tempfile::tempdir().unwrap();
    let world = World::new(state.path()).await;
    world.camera.device().users().put(NAME, "by hand", virtual_camera::access::Level::Operator);
    world.wish("account").await;
    let taken = || async { snapshot(&world.camera).await["account"]["reason"] == "account.taken" };
    until(&world.camera, "it is taken", taken).await;
    let status = get(&world.camera, Account::Viewer, PAGE).await.text();
    assert!(status.contains("that Camera-to-Cloud did not make"), "{status}");
    assert_eq!(world.there().as_deref(), Some("by hand"));
    let headline = snapshot(&world.camera).await["headline"].clone();
    assert_eq!(headline["steps"][1]["mood"], "needs_you", "{headline}");

    let answer = press(&world.camera, "hand-over", &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let password = world.password(&[]).await;
    assert_eq!(world.statuses("by hand").await, [401, 401]);
    assert_eq!(world.statuses(&password).await, [200, 200]);
    assert!(!page(&world.camera).await.contains("hand-over"), "it is ours now");
    world.camera.stop().await;
}
