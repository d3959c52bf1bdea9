//! pwdgrp.cgi: accounts that are added, changed and removed log in, or do not, through both web servers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use virtual_camera::access::Level;
use virtual_camera::users::{Action, Trouble};
use virtual_camera::visit::{Answer, Visitor};
use virtual_camera::{Account, Front, Os, VirtualCamera};

const PWDGRP: &str = "/axis-cgi/pwdgrp.cgi";
const STRONG: &str = "Aa3-Aa3-Aa3-Aa3-Aa3-";

async fn ask(visitor: Visitor, form: &str) -> Answer {
    let form = form.to_owned();
    tokio::task::spawn_blocking(move || visitor.post_form(PWDGRP, &form).unwrap()).await.unwrap()
}

async fn order(camera: &VirtualCamera, form: &str) -> String {
    let answer = ask(camera.visit(Account::Root), form).await;
    assert_eq!(answer.status, 200, "{form}");
    answer.text()
}

/// As an application asks: on the address for service accounts.
async fn order_as_application(camera: &VirtualCamera, form: &str) -> Answer {
    let account = camera.device().grant_service_account("app");
    let url = format!("http://{}", camera.addresses().service);
    ask(Visitor::new(&url, &account.name, &account.password), form).await
}

/// By Digest over http, by Basic over https.
async fn statuses(camera: &VirtualCamera, user: &str, password: &str) -> [u16; 2] {
    let visitors = [camera.url(), camera.https_url()].map(|url| Visitor::new(&url, user, password));
    let get = move || visitors.map(|visitor| visitor.get("/axis-cgi/param.cgi?action=list").unwrap().status);
    tokio::task::spawn_blocking(get).await.unwrap()
}

fn page(words: &str) -> String {
    format!("<html><head><title>User accounts</title></head><body bgcolor=#ffffff>{words}\n</body>\n\n</html>\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_added_logs_in_at_once_and_with_the_new_password_alone_and_not_any_more_when_removed() {
    for front in [Front::Embedded, Front::Apache] {
        let camera = VirtualCamera::builder().front(front).start().await.unwrap();
        let add = "action=add&user=oscar&pwd=first&grp=users&sgrp=operator%3Aviewer";
        let added = order_as_application(&camera, add).await;
        assert_eq!((added.status, added.text()), (200, page("Created account oscar.")), "recorded");
        assert_eq!(statuses(&camera, "oscar", "first").await, [200, 200], "{front:?}");
        let list = order(&camera, "action=get").await;
        assert!(list.contains("operator=\"root,oscar\"\nviewer=\"root,viewer,oscar\"\n"), "{list}");

        let update = order_as_application(&camera, "action=update&user=oscar&pwd=second").await.text();
        assert_eq!(update, page("Modified account oscar."));
        assert_eq!(statuses(&camera, "oscar", "first").await, [401, 401], "{front:?}");
        assert_eq!(statuses(&camera, "oscar", "second").await, [200, 200], "{front:?}");
        order_as_application(&camera, "action=update&user=oscar&sgrp=viewer").await;
        assert_eq!(statuses(&camera, "oscar", "second").await, [401, 401], "a viewer sees no parameters");

        let removed = order_as_application(&camera, "action=remove&user=oscar").await.text();
        assert_eq!(removed, page("Removed account oscar."));
        assert_eq!(statuses(&camera, "oscar", "second").await, [401, 401], "{front:?}");
        camera.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_done_is_told_on_the_page_and_changes_nothing() {
    let camera = VirtualCamera::builder().knob("camera.users.most", "3").start().await.unwrap();
    let good = "grp=users&sgrp=viewer";
    for (form, words) in [
        (
            format!("action=add&user=viewer&pwd=a&{good}"),
            "Error: this user name already exists, consult the system log file.",
        ),
        (format!("action=add&user=vera&pwd=&{good}"), "Error: invalid password."),
        (format!("action=add&user=vera&pwd=%C3%A9&{good}"), "Error: invalid password."),
        (format!("action=add&user=ve_ra&pwd=a&{good}"), "Error: account user name."),
        (format!("action=add&user=averylongname15&pwd=a&{good}"), "Error: account user name."),
        ("action=add&user=vera&pwd=a&grp=users&sgrp=kings".to_owned(), "Error: account group."),
        (
            "action=update&user=vera&pwd=a".to_owned(),
            "Error: this user name does not exist, consult the system log file.",
        ),
        ("action=remove&user=root".to_owned(), "Error: this user name does not exist, consult the system log file."),
    ] {
        assert_eq!(order(&camera, &form).await, page(words), "{form}");
    }
    assert_eq!(camera.device().accounts().len(), 2);
    order(&camera, &format!("action=add&user=vera&pwd=a&{good}")).await;
    let full = order(&camera, &format!("action=add&user=victor&pwd=a&{good}")).await;
    assert_eq!(full, page("Error: too many accounts."));
    camera.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_administrators_and_service_accounts_may_and_a_query_of_a_post_is_not_read() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    camera.device().users().put("oscar", "a", Level::Operator);
    let form = "action=add&user=mine&pwd=a&grp=users&sgrp=admin";
    for visitor in
        [Visitor::stranger(&camera.url()), camera.visit(Account::Viewer), Visitor::new(&camera.url(), "oscar", "a")]
    {
        assert_eq!(ask(visitor, form).await.status, 401);
    }
    let root = camera.visit(Account::Root);
    let post = move || root.post_form(&format!("{PWDGRP}?{form}"), "").unwrap().status;
    assert_eq!(tokio::task::spawn_blocking(post).await.unwrap(), 400);
    assert!(camera.device().users().find("mine").is_none());
    camera.device().set_knob("camera.users.service", "no");
    assert_eq!(order_as_application(&camera, form).await.status, 403);
    camera.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_13_a_plain_password_is_refused_and_before_it_is_not() {
    for os in Os::ALL {
        let camera = VirtualCamera::builder().os(os).start().await.unwrap();
        let add = |user: &str, password: &str| format!("action=add&user={user}&pwd={password}&grp=users&sgrp=viewer");
        let refused = order(&camera, &add("plain", "password")).await.contains("Error: invalid password.");
        assert_eq!(refused, os == Os::V13_0, "{os:?}");
        assert!(order(&camera, &add("strong", STRONG)).await.contains("Created"), "{os:?}");
        camera.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trouble_comes_once_and_does_what_its_name_says() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    let users = camera.device().users();
    let add = "action=add&user=vera&pwd=a&grp=users&sgrp=viewer";
    users.trouble(Action::Add, Trouble::Refuse("not today.".to_owned()));
    assert_eq!(order(&camera, add).await, page("Error: not today."));
    users.trouble(Action::Add, Trouble::Pretend);
    assert_eq!(order(&camera, add).await, page("Created account vera."));
    assert!(users.find("vera").is_none());
    assert_eq!(order(&camera, add).await, page("Created account vera."));
    assert!(users.find("vera").is_some());
    camera.stop().await;
}
