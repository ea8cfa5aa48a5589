"""Kafka's records, read so that no sender can stop the reading.

Kafka stores some records that aiokafka 0.14 cannot decode (a header's name that is not UTF-8, for one): its consumer
raises for ever, and drops what the same poll had read of other partitions. It also believes the offset that a sender
wrote into a record, which Kafka does not check: one record could make the loop skip a million. So this decoder takes
the place of aiokafka's. It reads whatever Kafka lets anybody write, as Kafka's own client does, and counts the offsets.
"""

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy, _DefaultRecordPy
from aiokafka.record.memory_records import _MemoryRecordsPy


def install() -> None:
    """Let every consumer that this process starts from now on read with this decoder."""
    fetcher.MemoryRecords = Records


class Records(_MemoryRecordsPy):  # type: ignore[misc]
    """The record batches of one fetch."""

    def next_batch(self) -> object:
        """Hand out the next one; formats before version 2 have no headers and no own offsets: aiokafka reads them."""
        raw, batch = self._next_slice, super().next_batch()
        return Batch(raw) if isinstance(batch, DefaultRecordBatch) else batch


class Batch(_DefaultRecordBatchPy):  # type: ignore[misc]
    """One record batch: https://kafka.apache.org/documentation/#recordbatch."""

    _pos: int

    def _read_msg(self) -> _DefaultRecordPy:
        self._number()  # the record's length, which Kafka has checked
        self._pos += 1  # attributes: one byte; aiokafka takes it for a number of any length
        timestamp = self.first_timestamp + self._number(bits=64)
        place = self._number()
        if self._num_records == self.last_offset_delta + 1:  # whole: only in a compacted batch does its place say more
            place = self._next_record_index
        key, value = self._bytes(), self._bytes()
        headers = [(str(self._bytes() or b"", "utf-8", "replace"), self._bytes()) for _ in range(self._number())]
        return _DefaultRecordPy(self.base_offset + place, timestamp, self.timestamp_type, key, value, headers)

    def _bytes(self) -> bytes | None:
        length = self._number()
        if length < 0:
            return None
        self._pos += length
        return bytes(self._buffer[self._pos - length : self._pos])

    def _number(self, bits: int = 32) -> int:
        """Read a zigzag varint. Like Kafka, drop what does not fit."""
        value = shift = 0
        more = True
        while more:
            byte = self._buffer[self._pos]
            value |= (byte & 0x7F) << shift
            self._pos, shift, more = self._pos + 1, shift + 7, byte > 0x7F  # noqa: PLR2004 - its highest bit
        value &= (1 << bits) - 1
        return (value >> 1) ^ -(value & 1)
