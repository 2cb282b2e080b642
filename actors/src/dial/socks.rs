//! Through a SOCKS5 proxy.

use tokio::net::TcpStream;
use tokio_socks::Error;
use tokio_socks::tcp::Socks5Stream;

use super::{ConnectFault, SocksProxy};

/// Has the proxy at the other end of a stream connect to a host, whose name it looks up itself.
pub(super) async fn through(
    stream: TcpStream,
    proxy: &SocksProxy,
    host: &str,
    port: u16,
) -> Result<TcpStream, ConnectFault> {
    let to = (host, port);
    let through = match &proxy.login {
        None => Socks5Stream::connect_with_socket(stream, to).await,
        Some((name, pass)) => {
            Socks5Stream::connect_with_password_and_socket(stream, to, name, pass).await
        }
    };
    through
        .map(Socks5Stream::into_inner)
        .map_err(|fault| ConnectFault::Socks {
            proxy: format!("{}:{}", proxy.host, proxy.port),
            why: words_of(&fault, host),
        })
}

/// What went wrong, and whose side it is on.
fn words_of(fault: &Error, host: &str) -> String {
    match fault {
        Error::Io(fault) => format!("the connection to it broke: {fault}"),
        Error::InvalidTargetAddress(why) => format!("{host} can't be asked for: {why}"),
        Error::InvalidResponseVersion
        | Error::InvalidReservedByte
        | Error::UnknownAddressType
        | Error::UnknownAuthMethod
        | Error::ParseError(_) => "what answers there is no SOCKS5 proxy".to_owned(),
        Error::NoAcceptableAuthMethods | Error::AuthorizationRequired => {
            "it wants a name and a password, or others than these: write them into `proxy`"
                .to_owned()
        }
        Error::PasswordAuthFailure(_) | Error::InvalidAuthValues(_) => {
            "it does not take this name and password".to_owned()
        }
        Error::ConnectionNotAllowedByRuleset => format!("it does not allow to connect to {host}"),
        Error::NetworkUnreachable => format!("it does not reach the network of {host}"),
        Error::HostUnreachable => format!("it does not reach {host}, or can't resolve it"),
        Error::ConnectionRefused => format!("{host} refuses its connection"),
        Error::TtlExpired => format!("{host} did not answer it in time"),
        Error::AddressTypeNotSupported => "it takes no names, or no such addresses".to_owned(),
        Error::ProxyServerUnreachable
        | Error::GeneralSocksServerFailure
        | Error::CommandNotSupported
        | Error::UnknownError
        | Error::IdentdAuthFailure
        | Error::InvalidUserIdAuthFailure => fault.to_string(),
    }
}
