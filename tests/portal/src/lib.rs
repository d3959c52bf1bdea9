//! The reference portal: the smallest honest service that cameras with Camera-to-Cloud can talk to.
//!
//! `src/portal/protocol.md` is what it and the app have in common; they share no code and no type, so that neither can
//! share the other's misreadings. Rooms: `device` answers cameras, `operator` people; both ask `store`, and `live` is
//! what of it has to be at hand while ten thousand cameras wait.

mod clock;
mod codes;
mod device;
mod jwk;
mod keys;
mod limits;
mod live;
mod members;
mod nonces;
mod operator;
mod portal;
mod problem;
mod proof;
mod reasons;
mod sealed;
mod serve;
mod sessions;
mod store;
mod text;
mod tls;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use tls::Tls;

/// How a portal is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes any.
    pub listen: SocketAddr,
    /// The folder of its store and keys; made if it is not there.
    pub data: PathBuf,
    /// TLS or none.
    pub tls: Tls,
    /// The address that cameras and browsers know it by, if it is another one than where it listens.
    pub public_url: Option<Url>,
    /// What it calls itself.
    pub name: String,
    /// The longest that a camera's question is held, in seconds.
    pub wait_seconds: u64,
    /// How long it takes until a camera of another organisation passes, in seconds.
    pub transfer_seconds: u32,
}

impl Options {
    /// The usual ones: a minute, and three days.
    #[must_use]
    pub fn new(listen: SocketAddr, data: &Path) -> Self {
        Self {
            listen,
            data: data.to_owned(),
            tls: Tls::None,
            public_url: None,
            name: "c2c portal".to_owned(),
            wait_seconds: 60,
            transfer_seconds: 72 * 3600,
        }
    }
}

/// An operator to be made, or to be given another password.
#[derive(Debug, Clone)]
pub struct NewOperator {
    /// The name to log in with.
    pub name: String,
    /// The organisation; made if it is not there.
    pub organisation: String,
    /// The password.
    pub password: String,
    /// Whether this one may see the passphrases of cards.
    pub sees_secrets: bool,
}

/// A portal that runs.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    portal: Arc<portal::Portal>,
    certificate: Option<PathBuf>,
    stop: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// The least length of an operator's password.
const PASSWORD: usize = 10;

/// Starts a portal.
///
/// # Errors
/// A folder, a store, keys or a certificate that cannot be used; an address that cannot be listened on.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    make_private_folder(&options.data)?;
    let keys = Arc::new(keys::Keys::load(&options.data)?);
    let live = Arc::new(live::Live::default());
    let store = store::Store::open(&options.data.join("portal.sqlite"), &live)?;
    let listener =
        TcpListener::bind(options.listen).await.with_context(|| format!("listening on {}", options.listen))?;
    let address = listener.local_addr()?;
    let is_plain = options.tls == Tls::None;
    let scheme = if is_plain { "http" } else { "https" };
    let url = match options.public_url {
        Some(url) => url,
        None => Url::parse(&format!("{scheme}://{address}/"))?,
    };
    anyhow::ensure!(
        url.path() == "/" && url.query().is_none(),
        "{url}: the portal's address is an origin, without a path"
    );
    anyhow::ensure!(
        !is_plain || address.ip().is_loopback(),
        "{address}: plain HTTP is for loopback addresses; take --tls or --self-signed, or a proxy in front"
    );
    let names = tls::names(url.host_str().unwrap_or("localhost"), address.ip());
    let acceptor = options.tls.acceptor(&options.data, &names)?;
    let (registrations, codes, logins) = portal::Portal::limits();
    let portal = Arc::new(portal::Portal {
        url,
        name: options.name,
        keys,
        live,
        store,
        nonces: nonces::Nonces::new(),
        wait_seconds: options.wait_seconds,
        waiting: options.transfer_seconds.into(),
        registrations,
        codes,
        logins,
        hashing: tokio::sync::Semaphore::new(2),
        sessions: sessions::Sessions::default(),
    });
    let router = device::routes(&portal).merge(operator::routes()).with_state(portal.clone());
    let stop = CancellationToken::new();
    let tasks = vec![
        tokio::spawn(serve::serve(listener, acceptor, router, stop.clone())),
        tokio::spawn(keep_house(portal.clone(), stop.clone())),
    ];
    let certificate = (options.tls == Tls::SelfSigned).then(|| tls::self_signed_file(&options.data));
    log::info!("{} cameras are known", portal.live.count());
    Ok(Running { address, portal, certificate, stop, tasks })
}

fn make_private_folder(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("{}", folder.display()))
}

/// What is due by itself: each second what passes on, each minute the rest.
async fn keep_house(portal: Arc<portal::Portal>, stop: CancellationToken) {
    let mut beat = tokio::time::interval(Duration::from_secs(1));
    let mut beats: u32 = 0;
    while stop.run_until_cancelled(beat.tick()).await.is_some() {
        if let Err(problem) = portal.pass_due().await {
            log::error!("passing cameras on: {problem:?}");
        }
        beats = beats.wrapping_add(1);
        if beats % 60 == 0 {
            portal.keep_house().await;
        }
    }
}

impl Running {
    /// The address that cameras and browsers know it by.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.portal.url
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The self-signed certificate, if it has one.
    #[must_use]
    pub fn certificate(&self) -> Option<&Path> {
        self.certificate.as_deref()
    }

    /// The key that signs, as operators and administrators compare it.
    #[must_use]
    pub fn signing_key_id(&self) -> String {
        self.portal.keys.signing_public.id()
    }

    /// How many operators there are.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn operators(&self) -> anyhow::Result<i64> {
        Ok(self.portal.store.read(store::people::count).await?)
    }

    /// Makes an operator, or gives one another password.
    ///
    /// # Errors
    /// A name or a password that cannot be used, or a store that does not answer.
    pub async fn add_operator(&self, operator: NewOperator) -> anyhow::Result<()> {
        add_operator(&self.portal.store, operator).await
    }

    /// Ends it, and waits for its end.
    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            let _panicked = task.await;
        }
    }
}

/// Makes an operator in a store while no portal, or while one runs over it.
///
/// # Errors
/// A folder that cannot be used; a name or a password that cannot.
pub async fn add_operator_in(data: &Path, operator: NewOperator) -> anyhow::Result<()> {
    make_private_folder(data)?;
    let live = Arc::new(live::Live::default());
    let store = store::Store::open(&data.join("portal.sqlite"), &live)?;
    add_operator(&store, operator).await
}

async fn add_operator(store: &store::Store, operator: NewOperator) -> anyhow::Result<()> {
    let NewOperator { name, organisation, password, sees_secrets } = operator;
    let fits =
        |text: &str| !text.trim().is_empty() && text.chars().count() <= 64 && !text.chars().any(char::is_control);
    anyhow::ensure!(fits(&name) && fits(&organisation), "a name has 1 to 64 characters");
    anyhow::ensure!(!name.contains(':'), "an operator's name has no colon: Prometheus could not log in with it");
    let password = password.trim();
    anyhow::ensure!(password.chars().count() >= PASSWORD, "a password has at least {PASSWORD} characters");
    let (hash, now) = (operator::hash(password)?, clock::now());
    store
        .write(move |write| store::people::add(write, name.trim(), organisation.trim(), &hash, sees_secrets, now))
        .await?;
    Ok(())
}
