DROP TABLE oauth_audit;
DROP TABLE oauth_tombstones;
