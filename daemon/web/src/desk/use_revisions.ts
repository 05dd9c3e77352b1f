// Every revision of one alert: what was told of it when.
import {useEffect, useState} from "preact/hooks";

import {fetchData} from "../link/fetch";
import type {AlertDocument} from "../model/api";

/** Oldest first; of no alert, or before the daemon has answered, none. Asked again when `latest` changes. */
export function useRevisions(id: string | null, latest: number): readonly AlertDocument[] {
  const [known, setKnown] = useState<{id: string; revisions: AlertDocument[]} | null>(null);
  useEffect(() => {
    if (id === null) return;
    let gone = false;
    void fetchData<AlertDocument[]>(`api/v1/alerts/${encodeURIComponent(id)}`).then((revisions) => {
      if (!gone && Array.isArray(revisions)) setKnown({id, revisions: revisions.sort((a, b) => a.data.revision - b.data.revision)});
    });
    return () => {
      gone = true;
    };
  }, [id, latest]);
  return known !== null && known.id === id ? known.revisions : [];
}
