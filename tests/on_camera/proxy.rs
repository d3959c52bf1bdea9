//! The camera's own proxy, from its network settings to the page: without its login.

use virtual_camera::device::Proxies;
use virtual_camera::{Account, Arch, Os, VirtualCamera};

use crate::world::{PAGE, get, install, package, page, snapshot, until};

#[tokio::test]
async fn the_camera_s_proxy_is_on_the_page_without_its_login_and_a_change_is_seen() {
    let camera = VirtualCamera::builder().os(Os::V12_11).start().await.unwrap();
    let proxies = |https: &str, except: &str| {
        let (http, https, except) = ("http://only.example:1".to_owned(), https.to_owned(), except.to_owned());
        camera.device().set_proxies(Proxies { http, https, except });
    };
    proxies("http://camera:pa55word@proxy.example:3128", "127.0.0.12, .corp.example");
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    camera.set_param("c2c", "LogLevel", "debug").unwrap();
    let server = || async { snapshot(&camera).await["network"]["value"]["proxy"]["server"].clone() };
    until(&camera, "the proxy is read", || async { server().await["host"] == "proxy.example" }).await;
    let proxy = snapshot(&camera).await["network"]["value"]["proxy"].clone();
    assert_eq!(proxy["except"], serde_json::json!(["127.0.0.12", ".corp.example"]));
    assert_eq!(proxy["server"], serde_json::json!({ "secure": false, "host": "proxy.example", "port": 3128 }));
    assert!(page(&camera).await.contains("http://proxy.example:3128"));

    proxies("https://other.example:8443", "");
    until(&camera, "the change is seen", || async { server().await["host"] == "other.example" }).await;
    proxies("socks5://camera:pa55word@proxy.example:1080", "");
    until(&camera, "it is no proxy", || async { server().await.is_null() }).await;
    assert!(page(&camera).await.contains("a proxy whose address makes no sense"));
    proxies("", ".corp.example");
    let none = || async { snapshot(&camera).await["network"]["value"].get("proxy").is_none() };
    until(&camera, "there is none", none).await;
    for path in ["", "/snapshot.json", "/widgets.json", "/metrics"] {
        assert!(!get(&camera, Account::Viewer, &format!("{PAGE}{path}")).await.text().contains("pa55"), "{path}");
    }
    let log = camera.app_log("c2c");
    assert!(!log.contains("pa55") && !log.contains("Y2FtZXJhOnBhNTV3b3Jk"), "{log}");
    camera.stop().await;
}
