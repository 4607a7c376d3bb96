// RowFormats
