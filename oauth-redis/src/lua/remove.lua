local gone = {}
remove_grant(ARGV[1], ARGV[2], ARGV[3], gone)
return gone
