-- Documents that devices were not sent because they could not be read. Once they can be read again they go out as if
-- they had just become visible.
CREATE TABLE left_out (
    doc INTEGER PRIMARY KEY REFERENCES doc (n)
) STRICT;
