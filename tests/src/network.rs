//! A bad network: a proxy that cuts connections in the middle of a request or an answer.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A proxy on loopback in front of a server.
pub struct Proxy {
    address: String,
    target: Arc<Mutex<String>>,
    up: Arc<AtomicI64>,
    down: Arc<AtomicI64>,
    bytes: Arc<[AtomicU64; 2]>,
    requests: Arc<AtomicU64>,
}

impl Proxy {
    /// Starts one that passes everything.
    ///
    /// # Errors
    /// No port to listen on.
    pub fn start(target: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let proxy = Self {
            address: listener.local_addr()?.to_string(),
            target: Arc::new(Mutex::new(target.to_owned())),
            up: Arc::new(AtomicI64::new(i64::MAX)),
            down: Arc::new(AtomicI64::new(i64::MAX)),
            bytes: Arc::default(),
            requests: Arc::default(),
        };
        let (target, up, down) = (proxy.target.clone(), proxy.up.clone(), proxy.down.clone());
        let (bytes, requests) = (proxy.bytes.clone(), proxy.requests.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                requests.fetch_add(1, Ordering::Relaxed);
                let target = target.lock().map(|t| t.clone()).unwrap_or_default();
                let Ok(server) = TcpStream::connect(target) else { continue };
                let (up, down, bytes) = (up.clone(), down.clone(), bytes.clone());
                std::thread::spawn(move || {
                    let (Ok(c), Ok(s)) = (client.try_clone(), server.try_clone()) else { return };
                    let sent = bytes.clone();
                    let one = std::thread::spawn(move || copy(c, s, &up, &sent[0]));
                    copy(server, client, &down, &bytes[1]);
                    let _ = one.join();
                });
            }
        });
        Ok(proxy)
    }

    /// `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends later connections elsewhere.
    pub fn retarget(&self, target: &str) {
        if let Ok(mut t) = self.target.lock() {
            target.clone_into(&mut t);
        }
    }

    /// Cuts every connection once this many more bytes went to the server.
    pub fn cut_after_sending(&self, bytes: i64) {
        self.up.store(bytes, Ordering::SeqCst);
    }

    /// Cuts every connection once this many more bytes came back.
    pub fn cut_after_receiving(&self, bytes: i64) {
        self.down.store(bytes, Ordering::SeqCst);
    }

    /// Passes everything again.
    pub fn heal(&self) {
        self.cut_after_sending(i64::MAX);
        self.cut_after_receiving(i64::MAX);
    }

    /// Bytes sent to the server and received from it so far.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.bytes[0].load(Ordering::SeqCst), self.bytes[1].load(Ordering::SeqCst))
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, budget: &AtomicI64, count: &AtomicU64) {
    let mut buffer = [0u8; 16 << 10];
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => n,
        };
        let wanted = i64::try_from(n).unwrap_or(i64::MAX);
        let left = budget.fetch_sub(wanted, Ordering::SeqCst);
        let pass = usize::try_from(left.clamp(0, wanted)).unwrap_or(0);
        count.fetch_add(pass as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..pass]).is_err() {
            break;
        }
        if pass < n {
            let _ = from.shutdown(Shutdown::Both);
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
