signet_fuzz(config LIBRARIES signet_conf SOURCES config_fuzz.cc)
signet_fuzz(domain_name LIBRARIES signet_conf SOURCES domain_name_fuzz.cc)
