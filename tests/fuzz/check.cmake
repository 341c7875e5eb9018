# DNS rdata and SPF records. Their sources are compiled in: coroutines are beyond clang 14, and these files have none.
signet_fuzz(rdata LIBRARIES signet_conf SOURCES
    rdata_fuzz.cc
    ${PROJECT_SOURCE_DIR}/relay/net/rdata.cc)
signet_fuzz(spf_record LIBRARIES signet_conf SOURCES
    spf_record_fuzz.cc
    ${PROJECT_SOURCE_DIR}/relay/check/spf_grammar.cc
    ${PROJECT_SOURCE_DIR}/relay/check/spf_record.cc)
