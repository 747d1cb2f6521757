-- A wide part is two files or more for each of the columns, and creating files costs inserts and merges time in the
-- kernel. Up to 100 MB (before compression) a part keeps all its columns in one file.
ALTER TABLE events MODIFY SETTING min_bytes_for_wide_part = 100000000;
