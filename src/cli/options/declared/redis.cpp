#include "cli/options/declared/declarations.hpp"

#include <utility>

#include "redis/password.hpp"
#include "redis/url.hpp"

namespace tributary::cli {
namespace {

Problem set_url(Settings& settings, const Values& values, Source source) {
  const auto url = redis::parse_url(values[0]);
  if (!url) return url.error().message;
  const auto& told = url.value();
  if (told.has_password && source == Source::flag) {
    return "must not hold a password: every user of this host can read arguments; set REDIS_URL or "
           "REDIS_PASSWORD in the environment, or use --redis-password-file";
  }
  settings.redis.host = told.endpoint.host;
  settings.redis.port = told.endpoint.port;
  settings.redis.others = told.endpoint.others;
  settings.redis.unix_socket = told.endpoint.unix_socket;
  settings.redis.tls.on = told.endpoint.tls.on;
  settings.redis.sentinels.addresses = told.endpoint.sentinels.addresses;
  settings.redis.sentinels.service = told.endpoint.sentinels.service;
  if (told.has_username) settings.redis.username = told.endpoint.username;
  if (told.has_password) {
    settings.redis.password = told.endpoint.password;
    settings.redis.password_file.clear();
  }
  if (told.has_database) settings.redis.database = told.endpoint.database;
  return std::nullopt;
}

/// Kubernetes sets NAME_PORT=tcp://address:port in every container, for each Service NAME of the namespace.
Problem told_by_kubernetes(const std::string& value, Source source) {
  const bool from_variable = source == Source::environment || source == Source::own_environment;
  if (!from_variable || !(value.starts_with("tcp://") || value.starts_with("udp://"))) return std::nullopt;
  return "is " + quoted(value) +
         ", which is what Kubernetes sets for a Service of that name: say enableServiceLinks: false in the "
         "pod's "
         "spec, or set TRIBUTARY_REDIS_URL, or TRIBUTARY_REDIS_HOST and TRIBUTARY_REDIS_PORT, which win";
}

Problem set_host(Settings& settings, const Values& values, Source source) {
  if (values[0].empty()) return "must not be empty";
  if (auto problem = told_by_kubernetes(values[0], source)) return problem;
  if (values[0].find("://") != std::string::npos)
    return "must be a host name or address; for a URL use --redis-url";
  std::string_view host = values[0];
  const bool in_brackets =
      host.starts_with('[') && host.ends_with(']');  // as an IPv6 address stands in a URL
  const auto colon = host.rfind(':');
  const bool with_port = colon != std::string_view::npos && to_number(host.substr(colon + 1)) &&
                         (host.find(':') == colon || host.substr(0, colon).ends_with(']'));
  if (with_port) return "must be a host name or address alone; the port goes into --redis-port (REDIS_PORT)";
  if (in_brackets) host = host.substr(1, host.size() - 2);
  settings.redis.host = host;
  // A host told here wins over what a weaker source told.
  settings.redis.unix_socket.clear();
  settings.redis.others.clear();
  settings.redis.sentinels.addresses.clear();
  return std::nullopt;
}

// Who we are at a server: `where(settings)` has password and password_file. Two options: the password by the environment or
// a file of settings, and a file that holds it.
template <class Where>
void declare_password(Declarations& all, const std::string& name, const std::string& variable,
                      const std::string& whose, Where where) {
  auto& password = all.add(kServer, name, variable, "PASSWORD",
                           whose +
                               "; only by environment or file, because every user of a host can read "
                               "arguments");
  password.is_flag = false;
  password.set = [where](Settings& settings, const Values& values, Source) -> Problem {
    auto text = values[0];
    // What comes out of a file or a secret store into a variable often ends with a line's end; no password does.
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    where(settings).password = text;
    where(settings).password_file.clear();
    return std::nullopt;
  };
  password.show = nothing;
  password.overridden_by = {name + "-file"};
  auto& file = all.add(kServer, name + "-file", variable + "_FILE", "FILE",
                       "file that holds " + whose + " and nothing else; read again for each connection");
  file.set = [where](Settings& settings, const Values& values, Source) -> Problem {
    auto read = redis::read_password_file(values[0]);
    if (!read) return read.error().message;
    where(settings).password = std::move(read->password);
    where(settings).password_file = read->may_be_read_again ? values[0] : "";
    return std::nullopt;
  };
  file.show = nothing;
  file.overridden_by = {name};
}

void declare_tls(Declarations& all) {
  bind_switch(all.add(kServer, "redis-tls", "REDIS_TLS", "", "use TLS, as rediss:// does"),
              FIELD(redis.tls.on));
  const auto text = [&](const char* name, const char* variable, const char* value, const char* help,
                        auto field) { bind_text(all.add(kServer, name, variable, value, help), field); };
  text("redis-ca-file", "REDIS_CA_FILE", "FILE",
       "certificates of those to trust; default: those the system trusts", FIELD(redis.tls.ca_file));
  text("redis-ca-path", "REDIS_CA_PATH", "DIRECTORY", "the same as a directory", FIELD(redis.tls.ca_path));
  text("redis-cert-file", "REDIS_CERT_FILE", "FILE", "certificate of this client, if the server wants one",
       FIELD(redis.tls.cert_file));
  text("redis-key-file", "REDIS_KEY_FILE", "FILE", "its private key; default: in the same file",
       FIELD(redis.tls.key_file));
  text("redis-tls-name", "REDIS_TLS_NAME", "NAME",
       "name that the server's certificate is for; default: the host", FIELD(redis.tls.name));
  bind_switch(all.add(kServer, "redis-tls-insecure", "REDIS_TLS_INSECURE", "",
                      "encrypt, but check nothing: whoever is in between can read and change everything"),
              FIELD(redis.tls.insecure));
}

}  // namespace

void declare_redis(Declarations& all) {
  all.group("Redis");
  auto& host = all.add(kServer, "redis-host", "REDIS_HOST", "HOST", "host name or address");
  host.set = set_host;
  host.show = [](const Settings& s) { return s.redis.host; };
  host.overridden_by = {"redis-url"};
  auto& port = all.add(kServer, "redis-port", "REDIS_PORT", "N", "port");
  bind_number(port, 1, 65535, FIELD(redis.port));
  port.set = [set = port.set](Settings& settings, const Values& values, Source source) {
    auto problem = told_by_kubernetes(values[0], source);
    return problem ? problem : set(settings, values, source);
  };
  port.overridden_by = {"redis-url"};
  auto& url =
      all.add(kServer, "redis-url", "REDIS_URL", "URL",
              "the server as one URL, in place of host and port: redis://host:port/db, rediss:// for TLS, "
              "redis+sentinel://host:port,host:port/primary, or unix:///path/to.sock?db=0");
  url.set = set_url;
  url.show = nothing;
  bind_number(all.add(kServer, "redis-db", "REDIS_DB", "N", "database"), 0, 2147483647,
              FIELD(redis.database));
  bind_text(all.add(kServer, "redis-username", "REDIS_USERNAME", "NAME",
                    "user name, if the server has several users"),
            FIELD(redis.username));
  declare_password(all, "redis-password", "REDIS_PASSWORD", "the password",
                   [](Settings& s) -> redis::Endpoint& { return s.redis; });
  declare_tls(all);
  bind_text(all.add(kServer, "sentinel-username", "SENTINEL_USERNAME", "NAME",
                    "user name at the Sentinels, if they have users"),
            FIELD(redis.sentinels.username));
  declare_password(all, "sentinel-password", "SENTINEL_PASSWORD", "the password of the Sentinels",
                   [](Settings& s) -> redis::Sentinels& { return s.redis.sentinels; });
  bind_duration(all.add(kConsume, "connect-timeout", "CONNECT_TIMEOUT", "TIME",
                        "give up if the server cannot be reached for this long at start; 0: wait forever"),
                "100ms", "24h", true, FIELD(connect_timeout));
}

}  // namespace tributary::cli
