//! What the process needs to start. Everything else is a setting in the database, edited in the office app.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The config file (TOML), every key optional.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// Address and port to listen on.
    pub listen: Option<SocketAddr>,
    /// Data directory.
    pub data: Option<PathBuf>,
    /// Reverse proxies whose `X-Forwarded-For` is believed: addresses or networks (`10.0.0.0/8`).
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
    /// How people reach the server, e.g. `https://ledger.example.com`.
    pub public_url: Option<String>,
    /// File with the key that signs receipts; default `receipt.key` in the data directory.
    pub receipt_key: Option<PathBuf>,
}

/// Settings of a running server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address and port to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Data directory.
    pub data: PathBuf,
    /// See [`ConfigFile::trusted_proxies`].
    pub trusted_proxies: Vec<Network>,
    /// See [`ConfigFile::public_url`].
    pub public_url: Option<String>,
    /// File with the key that signs receipts.
    pub receipt_key: PathBuf,
}

/// A config file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct ConfigError {
    path: PathBuf,
    why: String,
}

impl ConfigFile {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read or has keys or values that are not known.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let fail = |why: String| ConfigError { path: path.to_owned(), why };
        let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
        toml::from_str(&text).map_err(|e| fail(e.to_string()))
    }
}

impl Config {
    /// Default address.
    pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
    /// Default data directory.
    pub const DATA: &str = "./data";

    /// Settings from the command line, then the file, then the defaults.
    pub fn new(data: Option<PathBuf>, listen: Option<SocketAddr>, file: ConfigFile) -> Self {
        let data = data.or(file.data).unwrap_or_else(|| PathBuf::from(Self::DATA));
        Self {
            listen: listen.or(file.listen).unwrap_or(Self::LISTEN),
            receipt_key: file.receipt_key.unwrap_or_else(|| data.join("receipt.key")),
            data,
            trusted_proxies: file.trusted_proxies,
            public_url: file.public_url,
        }
    }
}

/// A network in CIDR notation; a bare address is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether the address is in the network.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address.to_canonical(), ip.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => same_prefix(&net.octets(), &ip.octets(), self.bits),
            (IpAddr::V6(net), IpAddr::V6(ip)) => same_prefix(&net.octets(), &ip.octets(), self.bits),
            _ => false,
        }
    }
}

fn same_prefix(a: &[u8], b: &[u8], bits: u8) -> bool {
    let (whole, rest) = (usize::from(bits / 8), bits % 8);
    let mask = |byte: u8| byte & !(0xff_u8.checked_shr(u32::from(rest)).unwrap_or(0));
    a[..whole] == b[..whole] && (rest == 0 || mask(a[whole]) == mask(b[whole]))
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither an address nor a network");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text.as_str(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Network {
        Network::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn networks() {
        assert!(net("10.0.0.0/8").contains([10, 200, 1, 1].into()));
        assert!(!net("10.0.0.0/8").contains([11, 0, 0, 1].into()));
        assert!(net("192.168.4.0/22").contains([192, 168, 7, 9].into()));
        assert!(!net("192.168.4.0/22").contains([192, 168, 8, 0].into()));
        assert!(net("127.0.0.1").contains("::ffff:127.0.0.1".parse().unwrap()));
        assert!(net("0.0.0.0/0").contains([1, 2, 3, 4].into()));
        assert!(Network::try_from("10.0.0.0/33".to_owned()).is_err());
        assert!(Network::try_from("ten".to_owned()).is_err());
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        assert!(toml::from_str::<ConfigFile>("lisen = \"127.0.0.1:1\"").is_err());
    }
}
