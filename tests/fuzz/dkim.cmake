signet_fuzz(dkim_field LIBRARIES signet_dkim SOURCES dkim_field_fuzz.cc)
signet_fuzz(dkim_author LIBRARIES signet_dkim SOURCES dkim_author_fuzz.cc)
signet_fuzz(dkim_body LIBRARIES signet_dkim SOURCES dkim_body_fuzz.cc)
signet_fuzz(dkim_record LIBRARIES signet_dkim SOURCES dkim_record_fuzz.cc)
