//! Who stands between camera and portal: ends TLS with a certificate of an authority that the test made, and hands on to
//! the portal what it was asked, which it writes down; or does something else with it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Who vouches.
pub(crate) struct Authority {
    certificate: Certificate,
    key: KeyPair,
}

/// When a certificate holds: the years.
pub(crate) type Years = (i32, i32);
/// Now, and for the life of these tests.
pub(crate) const NOW: Years = (2024, 2099);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self { certificate: params.self_signed(&key).unwrap(), key }
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Serves with a certificate of this authority.
    pub(crate) fn server(
        &self,
        name: &str,
        (from, until): Years,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        let certificate = params.signed_by(&key, &self.certificate, &self.key).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap()
    }
}

type Change = dyn Fn(&str, String) -> String + Send + Sync;

/// What it does with what cameras ask; what browsers ask it hands on.
#[derive(Clone)]
pub(crate) enum Act {
    Pass,
    /// Answers by itself.
    Say(u16, Vec<(&'static str, String)>, String),
    /// Fails, where the path ends so.
    Fail(&'static str),
    /// Says nothing.
    Hang,
    /// These bytes, whatever was asked, and the end.
    Raw(&'static [u8]),
    /// Answers with what came from the portal for that path, changed.
    Change(Arc<Change>),
}

pub(crate) struct Middle {
    address: SocketAddr,
    portal: watch::Sender<Option<SocketAddr>>,
    act: watch::Sender<Act>,
    /// Everything that went through, in clear.
    seen: Arc<Mutex<String>>,
    _tasks: JoinSet<()>,
}

#[derive(Clone)]
struct Stand {
    portal: watch::Receiver<Option<SocketAddr>>,
    act: watch::Receiver<Act>,
    seen: Arc<Mutex<String>>,
}

impl Middle {
    pub(crate) async fn start(config: ServerConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let ((act, acts), (portal, portals)) = (watch::channel(Act::Pass), watch::channel(None));
        let seen = Arc::new(Mutex::new(String::new()));
        let stand = Stand { portal: portals, act: acts, seen: Arc::clone(&seen) };
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, stand) = (acceptor.clone(), stand.clone());
                connections.spawn(async move {
                    let mut acts = stand.act.clone();
                    acts.mark_unchanged();
                    // Whoever is connected when the act changes is let go.
                    tokio::select! {
                        () = serve(acceptor, stream, stand) => {}
                        _ = acts.changed() => {}
                    }
                });
            }
        });
        Self { address, portal, act, seen, _tasks: tasks }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(crate) fn hands_on_to(&self, portal: SocketAddr) {
        self.portal.send_replace(Some(portal));
    }

    pub(crate) fn act(&self, act: Act) {
        self.act.send_replace(act);
    }

    pub(crate) fn seen(&self) -> String {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, stand: Stand) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let raw = match &*stand.act.borrow() {
        Act::Raw(bytes) => Some(*bytes),
        _ => None,
    };
    if let Some(bytes) = raw {
        let mut asked = [0; 8192];
        _ = stream.read(&mut asked).await;
        _ = stream.write_all(bytes).await;
        _ = stream.shutdown().await;
        return;
    }
    let service = service_fn(move |request| {
        let stand = stand.clone();
        async move { Ok::<_, std::convert::Infallible>(answer(request, &stand).await) }
    });
    _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, stand: &Stand) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let act = stand.act.borrow().clone();
    let is_camera = path.starts_with("/v1") || path.starts_with("/.well-known");
    match act {
        Act::Say(status, headers, body) if is_camera => {
            stand.seen.lock().unwrap().push_str(&format!("{} {path}: {status}\n", request.method()));
            let headers =
                headers.iter().fold(Response::builder().status(status), |all, (name, value)| all.header(*name, value));
            headers.body(Full::new(Bytes::from(body))).unwrap()
        }
        Act::Fail(end) if path.ends_with(end) => {
            stand.seen.lock().unwrap().push_str(&format!("{} {path}: 500\n", request.method()));
            Response::builder().status(500).body(Full::default()).unwrap()
        }
        Act::Hang if is_camera => std::future::pending().await,
        Act::Change(change) if is_camera => forward(request, stand, &*change).await,
        _ => forward(request, stand, &|_, text| text).await,
    }
}

async fn forward(request: Request<Incoming>, stand: &Stand, change: &Change) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let asked = body.collect().await.unwrap().to_bytes();
    let note = |text: &str| {
        let is_camera = path.starts_with("/v1") || path.starts_with("/.well-known");
        if is_camera {
            stand.seen.lock().unwrap().push_str(text);
        }
    };
    note(&format!("{} {path} {:?}\n{}\n", head.method, head.headers, String::from_utf8_lossy(&asked)));
    let portal = stand.portal.borrow().unwrap();
    let Ok(stream) = TcpStream::connect(portal).await else {
        return Response::builder().status(502).body(Full::default()).unwrap();
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let Ok(response) = sender.send_request(Request::from_parts(head, Full::new(asked))).await else {
        return Response::builder().status(502).body(Full::default()).unwrap();
    };
    let (mut head, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    note(&format!("{} {:?}\n{text}\n", head.status, head.headers));
    head.headers.remove(CONTENT_LENGTH);
    head.headers.remove(TRANSFER_ENCODING);
    let text = if head.status == 200 { change(&path, text) } else { text };
    Response::from_parts(head, Full::new(Bytes::from(text)))
}
