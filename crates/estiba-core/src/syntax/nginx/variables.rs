//! The variables that nginx' own modules define for `http`: tried one by one, from the words of the programs of three
//! generations, with `nginx -t`; and those of its documentation that only the newest have
//! (<https://nginx.org/en/docs/varindex.html>).

/// Every name, between spaces.
const NAMES: &str = " ancient_browser args binary_remote_addr body_bytes_sent bytes_sent connection connection_requests \
    connection_time connections_active connections_reading connections_waiting connections_writing content_length \
    content_type date_gmt date_local document_root document_uri fastcgi_path_info fastcgi_script_name gzip_ratio \
    host hostname http2 http3 https invalid_referer is_args limit_conn_status limit_rate limit_req_status \
    modern_browser msec msie nginx_version pid proxy_add_x_forwarded_for proxy_host proxy_port proxy_protocol_addr \
    proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port query_string realip_remote_addr \
    realip_remote_port realpath_root remote_addr remote_port remote_user request request_body request_body_file \
    request_completion request_filename request_id request_length request_method request_port request_time \
    request_uri scheme secure_link secure_link_expires server_addr server_name server_port server_protocol \
    slice_range ssl_alpn_protocol ssl_cipher ssl_client_cert ssl_client_escaped_cert ssl_client_fingerprint \
    ssl_client_i_dn ssl_client_i_dn_legacy ssl_client_raw_cert ssl_client_s_dn ssl_client_s_dn_legacy \
    ssl_client_serial ssl_client_sigalg ssl_client_v_end ssl_client_v_remain ssl_client_v_start ssl_client_verify \
    ssl_curve ssl_curves ssl_early_data ssl_ech_outer_server_name ssl_ech_status ssl_protocol ssl_server_name \
    ssl_session_id ssl_session_reused ssl_sigalg status tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar \
    tcpinfo_snd_cwnd time_iso8601 time_local uid_got uid_reset uid_set upstream_addr upstream_bytes_received \
    upstream_bytes_sent upstream_cache_status upstream_connect_time upstream_header_time upstream_last_server_name \
    upstream_queue_time upstream_response_length upstream_response_time upstream_status uri ";

/// Beginnings behind which any name may stand.
const BEGINNINGS: [&str; 10] = [
    "arg_",
    "cookie_",
    "http_",
    "proxy_protocol_tlv_",
    "sent_http_",
    "sent_trailer_",
    "upstream_cookie_",
    "upstream_http_",
    "upstream_trailer_",
    "jwt_",
];

/// Whether nginx itself defines a variable, in any generation.
#[must_use]
pub fn is_defined(name: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) || NAMES.contains(&format!(" {name} "))
}

/// Every name that is defined whole.
pub fn defined<'a>() -> impl Iterator<Item = &'a str> {
    NAMES.split_whitespace()
}

#[cfg(test)]
mod tests {
    use super::is_defined;

    #[test]
    fn a_name_is_whole_or_begins_as_a_family() {
        assert!(is_defined("host") && is_defined("http_x_real_ip") && is_defined("proxy_add_x_forwarded_for"));
        assert!(!is_defined("hos") && !is_defined("connection_upgrade") && !is_defined(""));
    }
}
