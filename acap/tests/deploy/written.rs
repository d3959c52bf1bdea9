//! What the program writes about itself.

use crate::desk::Desk;

#[tokio::test]
async fn completions_and_man_pages_are_written_for_each_command() {
    let desk = Desk::new();
    for shell in ["bash", "fish", "zsh"] {
        let said = desk.run(&["completions", shell], "").await;
        assert!(said.code == Some(0) && said.out.contains("allow-unsigned"), "{shell}");
    }
    let out = desk.path("man").display().to_string();
    assert_eq!(desk.run(&["man", &out], "").await.code, Some(0));
    let page = std::fs::read_to_string(desk.path("man/eap-deploy.1")).unwrap();
    assert!(page.contains("known") && page.contains("EAP_PASSWORD"), "{page}");
    assert!(desk.path("man/eap.1").exists() && desk.path("man/eap-status.1").exists());
}
