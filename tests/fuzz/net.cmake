# What stands in front of a connection. Compiled in: coroutines are beyond clang 14, and this file has none.
signet_fuzz(proxy_header LIBRARIES signet_conf SOURCES
    proxy_header_fuzz.cc
    ${PROJECT_SOURCE_DIR}/relay/net/proxy_header.cc)
