import type { ISettingRegistry } from "@jupyterlab/settingregistry";

export const PLUGIN = "lepton-lab:plugin";

/** What the user set, with the schema's defaults. */
export interface Wishes {
  shortcuts: boolean;
  refreshSeconds: number;
  budget: string;
}

export const DEFAULTS: Wishes = { shortcuts: true, refreshSeconds: 2, budget: "60s" };

/** Wishes as stored; what is not of the right kind keeps its default. */
export function wishesOf(stored: Record<string, unknown>): Wishes {
  const { shortcuts, refreshSeconds, budget } = stored;
  return {
    shortcuts: typeof shortcuts === "boolean" ? shortcuts : DEFAULTS.shortcuts,
    refreshSeconds: typeof refreshSeconds === "number" && refreshSeconds >= 1 ? refreshSeconds : DEFAULTS.refreshSeconds,
    budget: typeof budget === "string" ? budget : DEFAULTS.budget,
  };
}

/** Follow the settings; without a registry the defaults hold. */
export async function followSettings(registry: ISettingRegistry | null, apply: (wishes: Wishes) => void): Promise<void> {
  apply(DEFAULTS);
  if (!registry) return;
  const settings = await registry.load(PLUGIN);
  const read = () => apply(wishesOf(settings.composite as Record<string, unknown>));
  settings.changed.connect(read);
  read();
}
