signet_fuzz(sendmail LIBRARIES signet_sendmail SOURCES sendmail_fuzz.cc)
